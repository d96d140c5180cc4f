"""Home of arguments, commands and views."""
