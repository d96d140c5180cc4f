"""Home of how values become bytes and values again, one module a form."""
