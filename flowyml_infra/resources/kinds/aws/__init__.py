"""Home of the kinds on Amazon Web Services, one module each."""
