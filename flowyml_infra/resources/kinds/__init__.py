"""Home of the kinds of resources, one module each."""
