"""The public stack sources: each by itself, in a project."""

import hashlib
import json

import pytest

from flowyml_infra.errors import ResolutionError
from flowyml_infra.stacks.enterprise.resolver import StackResolver
from flowyml_infra.stacks.enterprise.sources import (
    GitStackSource,
    HTTPStackSource,
    LocalStackSource,
    RegistryStackSource,
)
from tests.support.pages import serve_pages
from tests.support.repositories import Repository, manifest


@pytest.fixture
def project(tmp_path, monkeypatch):
    root = tmp_path / "project"
    (root / "stacks").mkdir(parents=True)
    (root / "stacks" / "mine.yaml").write_text(manifest("mine"))
    (root / "flowyml.yaml").write_text("fetch: {private_hosts: [127.0.0.1]}\n")
    monkeypatch.chdir(root)
    monkeypatch.setenv("FLOWYML_CACHE_DIR", str(tmp_path / "cache"))
    return root


def test_a_folder(project):
    source = LocalStackSource()
    assert source.list_stacks() == ["mine"]
    assert source.load("mine").name == "mine"
    with pytest.raises(ResolutionError, match="no stack 'other'"):
        source.load("other")


def test_a_repository_also_through_the_resolver(project, tmp_path):
    repository = Repository.create(tmp_path / "r.git", {"a.yaml": manifest("a"), "b.yaml": manifest("b", "2.0.0")})
    source = GitStackSource(f"{repository.uri}@main")
    assert source.list_stacks() == ["a", "b"]
    assert source.load("b@^2").version == "2.0.0"
    with pytest.raises(ResolutionError, match="no stack 'b@\\^3'"):
        source.load("b@^3")
    assert StackResolver().resolve(stack=f"{repository.uri}@main#a").name == "a"


def test_an_address(project):
    with serve_pages() as web:
        web.pages["/a.yaml"] = manifest("a")
        assert HTTPStackSource(f"{web.url}/a.yaml").load("a").name == "a"


def test_a_registry(project):
    text = manifest("a", "1.2.0")
    (project / "a.yaml").write_text(text)
    said = {"source": "a.yaml", "digest": hashlib.sha256(text.encode()).hexdigest()}
    (project / "index.yaml").write_text(json.dumps({"kind": "StackIndex", "stacks": {"a": {"1.2.0": said}}}))
    (project / "flowyml.yaml").write_text("sources: [{type: registry, name: acme, path: index.yaml}]\n")
    assert RegistryStackSource("acme").load("a@^1").version == "1.2.0"


@pytest.mark.parametrize(
    ("make", "uri"), [(GitStackSource, "https://x.example/y"), (HTTPStackSource, "github://a/b"), (GitStackSource, "x")]
)
def test_what_is_something_else_is_refused(project, make, uri):
    with pytest.raises(ResolutionError):
        make(uri)
