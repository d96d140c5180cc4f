"""Home of the hash-chained event log."""
