"""Home of the kinds on Google Cloud, one module a kind."""
