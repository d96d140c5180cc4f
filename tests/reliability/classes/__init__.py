"""Owns the ways to fail that are tried, one module each."""
