"""Every state backend takes the same tests: a new one adds the way to open it to ``URLS``."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest

from flowyml_infra.state import open_reader, open_store
from tests.state.samples import master_key

URLS = ("sqlite:///state.db", "sqlite+pysqlite:///state.db")


@pytest.fixture(params=URLS, ids=lambda url: url.partition(":")[0])
def open_again(request: pytest.FixtureRequest, tmp_path):
    """Opens the same state as often as asked: each time as another process would."""
    opened = []

    def open_(**options: Any):
        options.setdefault("key_source", master_key)
        store = open_store(request.param, project_root=tmp_path, **options)
        opened.append(store)
        return store

    yield open_
    for store in opened:
        store.close()


@pytest.fixture
def store(open_again):
    return open_again()


@pytest.fixture
def reader(request: pytest.FixtureRequest, tmp_path, store):
    url = request.node.callspec.params["open_again"]
    with closing(open_reader(url, project_root=tmp_path, key_source=master_key)) as opened:
        yield opened
