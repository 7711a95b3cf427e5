"""Writers of animations, which receive one frame after the other and keep none of them."""
