"""Home of manifests and flowyml.yaml: models, loading, interpolation, schema."""
