"""Home of recorded state: rows, snapshots, stores, leases, encryption."""
