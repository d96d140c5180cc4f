"""Home of what is known about the resource types of cloud providers, one module a cloud."""
