"""Home of how remote sources are read: guarded connections, the git client, archives, and what bounds them."""
