"""Jobs: run one, store its results, log it, and describe it in JSON."""
