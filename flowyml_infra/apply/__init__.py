"""Home of carrying out approved plans."""
