"""Home of how a plan is shown."""
