"""Home of the regions and machine types that this version knows, one module a cloud."""
