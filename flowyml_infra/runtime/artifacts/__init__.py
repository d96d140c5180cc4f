"""Home of where artifacts are kept."""
