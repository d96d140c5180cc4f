"""Home of what can be typed after ``flowyml-infra``."""
