"""What every source has to do, whatever it reads from: one suite, run on each of them."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from flowyml_infra.errors import DefinitionError, ResolutionError
from flowyml_infra.resolution.inputs import Inputs
from flowyml_infra.resolution.loading import Loading
from flowyml_infra.resolution.places import HttpPlace, parse_locator
from flowyml_infra.resolution.sources.folder import Folder
from flowyml_infra.resolution.sources.remote_folder import RemoteFolder
from flowyml_infra.resolution.sources.source import Source
from flowyml_infra.resolution.sources.stack_registry import StackRegistry
from flowyml_infra.resolution.versions import Wanted
from tests.resolution.test_stack_registries import index, release
from tests.support.pages import serve_pages
from tests.support.repositories import Repository, manifest, serve

TEXTS = {"prod": manifest("prod", "2.1.0"), "dev": manifest("dev", "1.0.0", "./${WHERE}")}
FILES = {f"stacks/{name}.yaml": text for name, text in TEXTS.items()}

Make = Callable[[Mapping[str, str]], Source]


def loading(root: Path, environ: Mapping[str, str]) -> Loading:
    return Loading(root, Inputs(environ))


def registry_files() -> dict[str, str]:
    versions = {"prod": "2.1.0", "dev": "1.0.0"}
    said = {name: {versions[name]: release(text, f"stacks/{name}.yaml")} for name, text in TEXTS.items()}
    return {**FILES, "index.yaml": index(**said)}


def archived() -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        for name, text in FILES.items():
            item = tarfile.TarInfo(name)
            item.size = len(text)
            tar.addfile(item, io.BytesIO(text.encode()))
    return made.getvalue()


@pytest.fixture(params=["folder", "git", "git over http", "archive", "registry file", "registry http", "registry git"])
def sort(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def remote(sort: str) -> bool:
    return sort != "folder"


@pytest.fixture
def make(sort: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Makes the source, for a project with the given variables."""
    monkeypatch.setenv("FLOWYML_CACHE_DIR", str(tmp_path / "cache"))
    root = tmp_path / "project"
    root.mkdir()
    (root / "flowyml.yaml").write_text("fetch: {private_hosts: [127.0.0.1]}\nvariables: {allow: [ALLOWED]}\n")
    content = registry_files()
    for name, text in content.items():
        path = tmp_path / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    repository = Repository.create(tmp_path / "served" / "r.git", content)
    with serve(repository.path.parent) as serving, serve_pages() as web:
        web.pages = {f"/{name}": text for name, text in content.items()} | {"/s.tgz": archived()}
        makers: dict[str, Callable[[Loading], Source]] = {
            "folder": lambda given: Folder(given, tmp_path / "files" / "stacks", "stacks"),
            "git": lambda given: RemoteFolder(given, parse_locator(f"{repository.uri}@main").place),
            "git over http": lambda given: RemoteFolder(given, parse_locator(f"git+{serving.url}/r.git").place),
            "archive": lambda given: RemoteFolder(given, HttpPlace(f"{web.url}/s.tgz")),
            "registry file": lambda given: StackRegistry(given, "acme", tmp_path / "files" / "index.yaml"),
            "registry http": lambda given: StackRegistry(given, "acme", HttpPlace(f"{web.url}/index.yaml")),
            "registry git": lambda given: StackRegistry(
                given, "acme", parse_locator(f"{repository.uri}//index.yaml@main").place
            ),
        }
        yield lambda environ: makers[sort](loading(root, environ))


def test_a_stack_is_found_by_its_name_with_its_version(make: Make) -> None:
    (entry,) = make({}).find(Wanted("prod"))
    assert (entry.name, entry.version) == ("prod", "2.1.0")
    assert entry.source


def test_what_was_found_can_be_loaded_also_by_another_process_later(make: Make) -> None:
    for _ in range(2):
        source = make({})
        (entry,) = source.find(Wanted("prod"))
        definition = source.load(entry)
        assert (definition.name, definition.version, definition.source) == ("prod", "2.1.0", entry.source)


@pytest.mark.parametrize("name", ["absent", "Prod", "pro", "stacks/prod"])
def test_a_name_is_taken_literally(make: Make, name: str) -> None:
    assert make({}).find(Wanted(name)) == []


def test_everything_is_listed_by_name_and_nothing_has_to_be_right_for_it(make: Make) -> None:
    assert [(entry.name, entry.version) for entry in make({}).entries()] == [("dev", "1.0.0"), ("prod", "2.1.0")]


def test_it_says_what_it_is(make: Make) -> None:
    source = make({})
    assert source.where
    assert source.remarks() == []


def test_variables_are_only_for_what_is_trusted(make: Make, remote: bool) -> None:
    source = make({"WHERE": "here"})
    (entry,) = source.find(Wanted("dev"))
    if not remote:
        assert source.load(entry).document["metadata"] == {"name": "dev", "version": "1.0.0"}
        return
    with pytest.raises(DefinitionError) as caught:
        source.load(entry)
    assert [item.code for item in caught.value.diagnostics] == ["variable.denied"]


def test_a_range_that_nothing_fits_never_gives_another_version(make: Make) -> None:
    wanted = Wanted("prod", "^3")
    try:
        found = make({}).find(wanted)
    except ResolutionError as error:
        assert error.code == "resolution.version"
        return
    assert not any(wanted.accepts(entry.version) for entry in found)
