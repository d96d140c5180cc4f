"""Home of how a PostgreSQL database is reached that holds state and chain."""
