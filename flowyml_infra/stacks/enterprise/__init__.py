"""Home of the names under which platform teams know resolution, policy, audit and locks."""
