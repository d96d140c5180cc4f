"""Home of what decides when the steps of a run are carried out."""
