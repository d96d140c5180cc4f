"""Home of the programs that the Pulumi engine runs, one package a cloud; loaded by path, never as ``programs``."""
