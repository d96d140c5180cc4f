"""Registries: an index of names, versions and digests, as a file, over HTTP and in git."""

import hashlib
import json

import pytest

from flowyml_infra.errors import DefinitionError, ResolutionError, SourceRefusedError, SourceUnreachableError
from flowyml_infra.resolution.stack_index import read_index
from tests.support.repositories import Repository, manifest

VERSIONS = ["2.0.0", "2.1.0", "2.9.0", "2.10.0", "3.0.0", "3.1.0-rc.1"]


def digest(text):
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def index(**stacks):
    """An index of stacks, each a mapping of versions to what is said about them."""
    return json.dumps({"kind": "StackIndex", "stacks": stacks})


def release(text, source, **more):
    return {"source": source, "digest": digest(text), **more}


def files(versions=VERSIONS, name="prod"):
    """The files of a registry with one stack."""
    texts = {version: manifest(name, version) for version in versions}
    found = {f"{name}/{version}.yaml": text for version, text in texts.items()}
    said = {version: release(text, f"{name}/{version}.yaml") for version, text in texts.items()}
    return found | {"index.yaml": index(**{name: said})}


class Registry:
    """A registry of one of three sorts, that a test can publish to and take down."""

    def __init__(self, sort, tmp_path, web):
        self.sort, self.web, self.folder = sort, web, tmp_path / "registry"
        self.repository = Repository.create(tmp_path / "registry.git") if sort == "git" else None
        self.publish(files())

    def publish(self, content):
        if self.repository is not None:
            self.repository.commit(content)
        elif self.sort == "http":
            self.web.pages = {f"/r/{name}": text for name, text in content.items()}
        else:
            for name, text in content.items():
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                (self.folder / name).write_text(text)

    def take_down(self):
        if self.repository is not None:
            self.repository.path.rename(self.repository.path.with_name("away"))
        elif self.sort == "http":
            self.web.pages = dict.fromkeys(self.web.pages, _down)

    @property
    def said(self):
        where = {
            "git": f"url: ../{'registry.git'}, ref: main",
            "http": f"url: '{self.web.url}/r/index.yaml'",
            "file": f"path: '{self.folder}/index.yaml'",
        }
        return f"sources: [{{type: registry, name: acme, {where[self.sort]}}}]\n"


def _down(handler):
    handler.send_response(503)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


@pytest.fixture(params=["file", "http", "git"])
def registry(request, tmp_path, web, project):
    made = Registry(request.param, tmp_path, web)
    project.configure(made.said)
    return made


class TestChoice:
    @pytest.mark.parametrize(
        ("stack", "version"),
        [
            ("prod@^2.1", "2.10.0"),
            ("prod@~2.1", "2.1.0"),
            ("prod@2.9.0", "2.9.0"),
            ("prod@^3.1.0-rc", "3.1.0-rc.1"),
            ("prod", "3.0.0"),
            ("registry://acme/prod@^2", "2.10.0"),
            ("registry://acme/prod", "3.0.0"),
        ],
    )
    def test_the_best_version_that_fits_is_taken(self, project, registry, stack, version):
        found = project.resolve(stack)
        assert (found.name, found.version) == ("prod", version)
        assert found.source == "registry://acme/" + stack.removeprefix("registry://acme/")

    def test_no_version_that_fits_is_an_error_that_lists_them(self, project, registry):
        with pytest.raises(ResolutionError, match=r"no version of 'prod' in \^4") as caught:
            project.resolve("prod@^4")
        assert caught.value.detail == f"versions there: {', '.join(reversed(VERSIONS))}"

    def test_a_yanked_version_is_for_those_who_have_it(self, project, registry):
        content = files(["1.0.0", "1.1.0"])
        project.configure(registry.said)
        registry.publish(content)
        assert project.resolve("prod@^1").version == "1.1.0"
        said = json.loads(content["index.yaml"])
        said["stacks"]["prod"]["1.1.0"]["yanked"] = True
        registry.publish(content | {"index.yaml": json.dumps(said)})
        assert project.resolve("prod@^1").version == "1.1.0"
        assert project.resolve("prod@>=1").version == "1.0.0"

    def test_a_name_that_is_not_there_is_suggested_for(self, project, registry):
        for stack in ("prodd", "registry://acme/prodd"):
            with pytest.raises(ResolutionError) as caught:
                project.resolve(stack)
            assert caught.value.hint == "did you mean 'prod'?"

    def test_it_is_listed_with_its_newest_version(self, project, registry):
        listed = {item.name: item for item in project.resolver().list_stacks()}
        assert (listed["prod"].version, listed["prod"].source) == ("3.0.0", "registry://acme/prod")

    def test_the_project_s_own_stack_comes_first(self, project, registry):
        (project.root / "stacks").mkdir()
        (project.root / "stacks" / "p.yaml").write_text(manifest("prod", "9.0.0"))
        assert project.resolve("prod").version == "9.0.0"
        with pytest.raises(ResolutionError, match="9.0.0, and"):
            project.resolve("prod@^2")
        assert project.resolve("registry://acme/prod@^2").version == "2.10.0"


class TestPins:
    def test_a_version_that_was_chosen_stays_when_a_better_one_appears(self, project, registry):
        assert project.resolve("prod@^2").version == "2.10.0"
        registry.publish(files([*VERSIONS, "2.11.0"]))
        assert project.resolve("prod@^2").version == "2.10.0"
        assert json.loads(project.lock.read_text())["sources"]["registry://acme/prod@^2"]["version"] == "2.10.0"

    def test_a_version_with_another_content_is_refused(self, project, registry):
        project.resolve("prod@^2")
        content = files()
        evil = manifest("prod", "2.10.0", "./evil")
        said = json.loads(content["index.yaml"])
        said["stacks"]["prod"]["2.10.0"]["digest"] = digest(evil)
        registry.publish(content | {"index.yaml": json.dumps(said), "prod/2.10.0.yaml": evil})
        with pytest.raises(
            SourceRefusedError, match=r"2\.10\.0 was pinned at sha256:\S+ and is sha256:\S+ now"
        ) as caught:
            project.resolve("prod@^2")
        assert "stack update" in caught.value.hint

    def test_a_version_that_is_gone_is_refused(self, project, registry):
        project.resolve("prod@^2")
        registry.publish(files(["2.0.0"]))
        with pytest.raises(SourceRefusedError, match="is not there any more"):
            project.resolve("prod@^2")

    def test_content_that_is_not_what_the_index_says_is_refused_and_not_pinned(self, project, registry):
        registry.publish(files() | {"prod/2.10.0.yaml": manifest("prod", "2.10.0", "./evil")})
        with pytest.raises(SourceRefusedError, match="is not what the registry acme"):
            project.resolve("prod@^2")
        assert not project.lock.exists()

    def test_what_is_pinned_and_cached_needs_no_registry(self, project, registry):
        assert project.resolve("prod@^2").version == "2.10.0"
        registry.take_down()
        assert project.resolve("prod@^2").version == "2.10.0"
        assert project.resolve("prod@^2", FLOWYML_OFFLINE="1").version == "2.10.0"

    @pytest.mark.parametrize(("name", "version"), [("other", "2.10.0"), ("prod", "2.0.0")])
    def test_a_definition_that_says_another_name_or_version_is_refused(self, project, registry, name, version):
        text = manifest(name, version)
        registry.publish({"x.yaml": text, "index.yaml": index(prod={"2.10.0": release(text, "x.yaml")})})
        with pytest.raises(SourceRefusedError, match=r"for prod 2\.10\.0"):
            project.resolve("prod")


class TestTrouble:
    def test_a_registry_that_is_down_hides_no_name_and_gives_none_away(self, project, registry, web):
        if registry.sort == "file":
            (registry.folder / "index.yaml").unlink()
        registry.take_down()
        with pytest.raises(ResolutionError) as caught:
            project.resolve("prod")
        assert caught.value.code != "resolution.unknown_stack"
        stacks, remarks = project.resolver().list_with_remarks()
        assert [item.name for item in stacks] == ["local"]
        assert "the registry acme" in remarks[0]

    @pytest.mark.parametrize("source", ["../secret.yaml", "/etc/passwd", "a/../../x.yaml", ".git/config", "a\\b.yaml"])
    def test_an_index_leads_to_nothing_outside_its_folder(self, project, registry, source):
        registry.publish({"index.yaml": index(prod={"1.0.0": release("x", source)})})
        with pytest.raises(SourceRefusedError):
            project.resolve("prod")

    @pytest.mark.parametrize(
        "source",
        [
            "git+file:///srv/x.git//x.yaml",
            "git+ssh://host/x.git//x.yaml",
            "git+http://10.0.0.1/x.git",
            "registry://acme/x",
        ],
    )
    def test_an_index_from_elsewhere_leads_to_nothing_on_this_machine(self, project, registry, source):
        registry.publish({"index.yaml": index(prod={"1.0.0": release("x", source)})})
        if registry.sort == "file" and source.startswith("git+"):
            with pytest.raises((SourceRefusedError, SourceUnreachableError)):
                project.resolve("prod")
            return
        with pytest.raises(SourceRefusedError, match="which an index may not"):
            project.resolve("prod")

    def test_an_index_leads_to_no_private_host(self, project, registry):
        registry.publish({"index.yaml": index(prod={"1.0.0": release("x", "https://169.254.169.254/x.yaml")})})
        with pytest.raises(SourceRefusedError, match="not public"):
            project.resolve("prod")

    def test_an_index_may_lead_to_a_host_that_is_allowed(self, project, registry, web):
        text = manifest("prod", "1.0.0")
        web.pages["/elsewhere.yaml"] = text
        registry.publish({"index.yaml": index(prod={"1.0.0": release(text, f"{web.url}/elsewhere.yaml")})})
        web.pages["/elsewhere.yaml"] = text
        assert project.resolve("prod").version == "1.0.0"

    def test_a_link_beside_an_index_on_this_machine_is_not_followed(self, project, tmp_path):
        folder = tmp_path / "registry"
        folder.mkdir()
        (tmp_path / "secret.yaml").write_text(manifest())
        (folder / "link.yaml").symlink_to(tmp_path / "secret.yaml")
        (folder / "index.yaml").write_text(index(prod={"1.0.0": release(manifest(), "link.yaml")}))
        project.configure(f"sources: [{{type: registry, path: '{folder}/index.yaml'}}]\n")
        with pytest.raises(SourceRefusedError, match="leads out"):
            project.resolve("prod")

    def test_two_sources_with_one_name_are_an_error(self, project, registry, web):
        registry.web.pages["/prod.yaml"] = manifest()
        project.configure(registry.said.rstrip("]\n") + f", {{type: http, url: '{web.url}/prod.yaml'}}]\n")
        with pytest.raises(ResolutionError, match="declared more than once"):
            project.resolve("prod")

    def test_an_unknown_registry_is_suggested_for(self, project, registry):
        with pytest.raises(ResolutionError, match="no registry 'acne'") as caught:
            project.resolve("registry://acne/prod")
        assert caught.value.hint == "did you mean 'acme'?"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it needs `kind: StackIndex`"),
        ("kind: Stack\nstacks: {}", "it needs `kind: StackIndex`"),
        ("kind: StackIndex", "it needs `kind: StackIndex`"),
        (index(Prod={}), "no name"),
        (index(prod=[]), "no name"),
        (index(prod={"2.1": release("x", "x")}), "no semantic version"),
        (index(prod={"v2.1.0": release("x", "x")}), "no semantic version"),
        (index(prod={"2.1.0": {"source": "x"}}), "needs a source and a digest"),
        (index(prod={"2.1.0": {"source": "x", "digest": "md5:1"}}), "needs a source and a digest"),
        (index(prod={"2.1.0": release("x", "x", other=1)}), "needs a source and a digest"),
        (index(prod={"2.1.0": release("x", "")}), "needs a source and a digest"),
        (index(prod={"2.1.0+a": release("x", "x"), "2.1.0+b": release("y", "y")}), "the same rank"),
    ],
)
def test_what_is_wrong_with_an_index_is_said_with_its_place(text, said):
    with pytest.raises(DefinitionError) as caught:
        read_index(text.encode(), "index.yaml")
    assert said in caught.value.diagnostics[0].summary


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("{type: registry}", "neither url nor path"),
        ("{type: git}", "needs a url"),
        ("{type: http}", "needs a url"),
        ("{type: http, url: 'github://a/b'}", "no HTTP address"),
        ("{type: git, url: 'https://u:p@x.example/y'}", "a login"),
        ("{type: git, url: 'github://a/b', ref: '-x'}", "no tag"),
    ],
)
def test_a_source_that_is_declared_wrongly_is_said_with_its_line(project, said, why):
    project.configure(f"sources:\n- {said}\n")
    with pytest.raises(ResolutionError, match=why) as caught:
        project.resolve("prod")
    assert str(caught.value.diagnostics[0].location).startswith("flowyml.yaml:3")
