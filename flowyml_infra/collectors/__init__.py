"""Home of the collectors: what gathers facts from outside before policies are asked."""
