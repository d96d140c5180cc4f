"""Home of where a definition comes from."""
