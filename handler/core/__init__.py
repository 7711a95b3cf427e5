"""The pixel core: numpy and PIL; no AWS, no HTTP, no environment."""
