"""Home of the sources that definitions come from, one module each."""
