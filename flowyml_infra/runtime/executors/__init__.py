"""Home of what carries out single steps."""
