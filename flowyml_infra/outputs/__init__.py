"""Home of typed outputs of a stack's components."""
