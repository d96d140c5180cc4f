"""Home of typed specs, their graph and the catalogue of kinds."""
