"""Home of the kinds in a Kubernetes cluster, one module a kind."""
