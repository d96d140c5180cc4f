"""Home of what makes resources."""
