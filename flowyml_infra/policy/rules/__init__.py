"""Home of the rules, one module each."""
