"""Home of the public stack classes."""
