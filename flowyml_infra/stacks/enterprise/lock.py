"""Owns the public lock of a stack: whoever holds it keeps every other process from its deployments."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from flowyml_infra.state import open_store
from flowyml_infra.state.location import locate_state, project_root

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flowyml_infra.state.store import Lease


class StackLockManager:
    """Locks stacks of one project.

    Args:
        root: The project's folder; by default the nearest parent of the working directory with a flowyml.yaml.
        state_url: Where the locks are kept; by default as for the command line.
    """

    def __init__(self, root: str | Path | None = None, *, state_url: str | None = None) -> None:
        self._root = project_root(root)
        self._url = locate_state(self._root, state_url)

    @contextmanager
    def acquire(self, name: str, *, wait_seconds: float = 0.0, operation: str = "lock") -> Iterator[Lease]:
        """Hold the lock of the stack ``name``, in every environment, while the block runs.

        Args:
            name: The stack's name; it need not be declared.
            wait_seconds: How long to wait for another holder.
            operation: What for; shown to those who have to wait.

        Raises:
            StateLockedError: Someone else holds it, or works on a deployment of the stack.
        """
        store = open_store(self._url, project_root=self._root)
        try:
            lease = store.acquire_stack(name, operation, wait_seconds=wait_seconds)
            try:
                yield lease
            finally:
                store.release(lease)
        finally:
            store.close()
