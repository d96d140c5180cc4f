from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.emulation.container_registry import ContainerRegistry, served


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ContainerRegistry]:
    """A registry with a login, one for a test process."""
    with served(Path(tmp_path_factory.mktemp("registry"))) as running:
        yield running
