"""Home of recorded state: rows, snapshots, stores, leases, encryption."""

from flowyml_infra.state.stores import open_reader, open_store

__all__ = ["open_reader", "open_store"]
