"""Home of pipelines on provisioned stacks."""
