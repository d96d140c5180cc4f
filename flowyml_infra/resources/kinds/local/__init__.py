"""Home of the kinds on this machine, one module each."""
