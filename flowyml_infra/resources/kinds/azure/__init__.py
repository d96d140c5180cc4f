"""Home of the kinds on Azure, one module a kind."""
