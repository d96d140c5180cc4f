"""Home of the changes that make a deployment what its definition says."""
