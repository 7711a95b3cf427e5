"""Subject mode: the window of sharp's attention and entropy strategies."""
