"""Home of the embedded engine: folders, SQLite databases and OCI layouts on this machine."""

from flowyml_infra.apply.engines.local.engine import LocalEngine

__all__ = ["LocalEngine"]
