"""Every failure class in its short form; `python -m tests.reliability --full` runs them as often as their bars ask."""

from __future__ import annotations

import pytest

from tests.reliability.failure_class import Ground
from tests.reliability.registry import CLASSES

CASES = [(item, backend) for item in CLASSES for backend in item.backends]


@pytest.mark.parametrize(("item", "backend"), CASES, ids=[f"{item.name}-{backend}" for item, backend in CASES])
def test_it_holds(item, backend, tmp_path, request):
    server = request.getfixturevalue("postgresql") if backend == "postgresql" else None
    ground = Ground(backend, tmp_path, server, wanted=item.short)
    item.run(ground)
    assert ground.failures == []
    assert ground.count >= item.short
