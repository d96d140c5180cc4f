"""A project whose remote sources are on this machine, and a cache of its own for each test."""

from __future__ import annotations

import pytest

from flowyml_infra.resolution.resolver import StackResolver
from tests.support.pages import serve_pages
from tests.support.repositories import Repository, manifest, serve

ALLOWED = "fetch: {private_hosts: [127.0.0.1]}\n"


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("FLOWYML_CACHE_DIR", str(folder))
    return folder


class Project:
    """A project folder, resolved in with no variables but those that a test gives."""

    def __init__(self, root):
        self.root = root
        self.configure("")

    def configure(self, text):
        (self.root / "flowyml.yaml").write_text(ALLOWED + text)

    def resolver(self, **environ):
        return StackResolver(self.root, environ=environ)

    def resolve(self, stack=None, **environ):
        return self.resolver(**environ).resolve(stack)

    def explain(self, stack=None, **environ):
        return self.resolver(**environ).explain(stack)

    @property
    def lock(self):
        return self.root / "flowyml.lock"


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "project"
    root.mkdir()
    return Project(root)


@pytest.fixture
def repository(tmp_path):
    made = Repository.create(tmp_path / "served" / "stacks.git", {"stacks/prod.yaml": manifest()})
    made.tag("v1", made.tip("main"), annotated=True)
    return made


@pytest.fixture
def served(repository):
    with serve(repository.path.parent) as serving:
        yield serving


@pytest.fixture
def web():
    with serve_pages() as pages:
        yield pages
