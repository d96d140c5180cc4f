"""Home of rules, decisions and the gate."""
