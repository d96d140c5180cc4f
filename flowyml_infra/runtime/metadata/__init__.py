"""Home of the record of runs."""
