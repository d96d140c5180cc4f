"""Policies from elsewhere: found and pinned like stacks, and refused where they are not what was pinned."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flowyml_infra.stacks.enterprise.policy import PolicyEngine
from flowyml_infra.stacks.enterprise.resolver import StackResolver
from tests.support.commands import Ended, Run, as_a_new_user, run_words
from tests.support.pages import Web, serve_pages
from tests.support.repositories import Repository, git, manifest

STRICT = "rules:\n  names: {rule: allowed_stacks, names: [none-*]}\n"
LAX = "rules:\n  names: {rule: allowed_stacks, names: ['*']}\n"
REGO = 'package main\nimport rego.v1\ndeny contains "no" if { input.deployment.stack == "prod" }\n'


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository.create(
        tmp_path / "policies.git", {"org.yaml": STRICT, "main.rego": REGO, "prod.yaml": manifest()}
    )
    made.tag("v1", made.tip("main") or "", annotated=True)
    return made


@pytest.fixture
def web() -> Iterator[Web]:
    with serve_pages() as pages:
        yield pages


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs command lines in a project with the stack ``prod``."""
    as_a_new_user(monkeypatch)
    monkeypatch.setenv("FLOWYML_CACHE_DIR", str(tmp_path / "cache"))
    root = tmp_path / "project"
    (root / "stacks").mkdir(parents=True)
    (root / "stacks/prod.yaml").write_text(manifest())
    monkeypatch.chdir(root)
    return lambda line: run_words(capsys, line.split())


def configure(*uris: str, key: str = "files", more: str = "") -> None:
    text = f"fetch: {{private_hosts: [127.0.0.1]}}\npolicies: {{{key}: {json.dumps(uris)}}}\n{more}"
    Path("flowyml.yaml").write_text(text)


def pins() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path("flowyml.lock").read_text())["sources"]
    return found


def codes(ended: Ended) -> list[str]:
    return [item["code"] for item in ended.document["diagnostics"]]


def rules(ended: Ended) -> list[str]:
    return [item["rule"] for item in ended.document["policy"]["findings"] if item["severity"] == "deny"]


def digest(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


class TestGit:
    def test_a_policy_at_a_tag_judges_and_is_pinned(self, run: Run, repository: Repository) -> None:
        uri = f"{repository.uri}//org.yaml@v1"
        configure(uri)
        ended = run("policy check prod --json")
        assert (ended.code, rules(ended)) == (3, ["org/names"])
        commit = repository.tip("main")
        assert pins() == {uri: {"ref": "refs/tags/v1", "commit": commit, "files": {"org.yaml": digest(STRICT)}}}
        assert run("apply prod --auto-approve").code == 3

    def test_a_tag_that_moved_is_refused_everywhere_until_an_update(self, run: Run, repository: Repository) -> None:
        uri = f"{repository.uri}//org.yaml@v1"
        configure(uri)
        run("policy list")
        commit = repository.commit({"org.yaml": LAX})
        repository.tag("v1", commit)
        for line in (
            "plan prod",
            "apply prod --auto-approve",
            "policy check prod",
            "policy list",
            "stack explain prod",
        ):
            ended = run(f"{line} --json")
            assert (ended.code, codes(ended)) == (1, ["source.moved"]), line
        before = pins()[uri]
        [updated] = run("stack update prod --json").document["sources"]
        assert (updated["source"], updated["changed"], updated["before"]) == (uri, True, before)
        assert pins()[uri]["commit"] == commit
        assert run("apply prod --auto-approve").code == 0
        [event] = run("audit list --event SourceUpdated --json").document["events"]
        assert (event["data"]["source"], event["data"]["after"]["commit"]) == (uri, commit)

    def test_an_update_between_plan_and_apply_makes_the_plan_stale(self, run: Run, repository: Repository) -> None:
        configure(f"{repository.uri}//org.yaml@main")
        repository.commit({"org.yaml": LAX})
        assert run("plan prod --out saved.plan").code == 0
        repository.commit({"org.yaml": STRICT})
        assert codes(run("apply saved.plan --json")) == ["source.moved"]
        assert run("stack update --all").code == 0
        assert run("apply saved.plan").code == 5

    def test_what_is_pinned_is_shown(self, run: Run, repository: Repository) -> None:
        uri = f"{repository.uri}//org.yaml@v1"
        configure(uri)
        said = {"source": uri, **run("policy list --json").document["shared"][0]}
        assert said == {"source": uri, **pins()[uri]}
        assert run("stack explain prod --json").document["policies"] == [said]
        for line in ("policy list", "stack explain prod"):
            text = run(line).out
            assert uri in text
            assert f"refs/tags/v1 {repository.tip('main')}" in text

    def test_offline_what_is_pinned_and_cached_is_used(
        self, run: Run, repository: Repository, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        configure(f"{repository.uri}//org.yaml@v1")
        monkeypatch.setenv("FLOWYML_OFFLINE", "1")
        assert codes(run("policy check prod --json")) == ["source.offline"]
        monkeypatch.delenv("FLOWYML_OFFLINE")
        run("policy list")
        repository.path.rename(repository.path.with_name("away"))
        monkeypatch.setenv("FLOWYML_OFFLINE", "1")
        assert rules(run("policy check prod --json")) == ["org/names"]

    def test_when_nobody_answers_every_report_says_so(self, run: Run, repository: Repository) -> None:
        configure(f"{repository.uri}//org.yaml@v1")
        run("policy list")
        repository.path.rename(repository.path.with_name("away"))
        findings = run("policy check prod --json").document["policy"]["findings"]
        assert [(item["rule"], item["severity"]) for item in findings] == [("files", "warn"), ("org/names", "deny")]
        assert "could not be asked whether it moved" in findings[0]["message"]
        assert "could not be asked whether it moved" in run("policy list").out

    def test_other_content_in_the_lock_or_the_cache_is_refused(
        self, run: Run, repository: Repository, tmp_path: Path
    ) -> None:
        uri = f"{repository.uri}//org.yaml@v1"
        configure(uri)
        run("policy list")
        lock = json.loads(Path("flowyml.lock").read_text())
        lock["sources"][uri]["files"]["org.yaml"] = digest(LAX)
        Path("flowyml.lock").write_text(json.dumps(lock))
        assert codes(run("policy check prod --json")) == ["source.tampered"]
        lock["sources"][uri]["files"]["org.yaml"] = digest(STRICT)
        Path("flowyml.lock").write_text(json.dumps(lock))
        for path in (tmp_path / "cache").rglob("*"):
            if path.is_file():
                path.write_text(LAX)
        assert rules(run("policy check prod --json")) == ["org/names"]

    def test_an_older_commit_in_the_lock_is_refused(self, run: Run, repository: Repository) -> None:
        old = repository.commit({"org.yaml": LAX})
        repository.commit({"org.yaml": STRICT})
        uri = f"{repository.uri}//org.yaml@main"
        configure(uri)
        run("policy list")
        lock = json.loads(Path("flowyml.lock").read_text())
        lock["sources"][uri] = {"ref": "refs/heads/main", "commit": old, "files": {"org.yaml": digest(LAX)}}
        Path("flowyml.lock").write_text(json.dumps(lock))
        assert codes(run("apply prod --auto-approve --json")) == ["source.moved"]

    def test_rego_and_prices_may_be_elsewhere_too(self, run: Run, repository: Repository) -> None:
        configure(f"{repository.uri}//main.rego@v1", key="rego")
        assert rules(run("policy check prod --json")) == ["rego"]
        assert list(pins()) == [f"{repository.uri}//main.rego@v1"]

    def test_a_pipeline_and_the_policy_engine_are_judged_by_it(self, run: Run, repository: Repository) -> None:
        configure(f"{repository.uri}//org.yaml@v1")
        ended = run("policy check prod --image a/b:1 --json")
        assert rules(ended) == ["org/names"]
        decision = PolicyEngine().validate(StackResolver().resolve("prod"))
        assert [item.rule for item in decision.refusals] == ["org/names"]

    def test_a_new_version_is_replayed_before_it_is_pinned(self, run: Run, repository: Repository) -> None:
        Path("flowyml.yaml").write_text("{}\n")
        assert run("apply prod --auto-approve").code == 0
        ended = run(f"policy replay {repository.uri}//org.yaml@v1 --json")
        assert ended.code == 3
        assert not Path("flowyml.lock").exists()

    def test_one_that_fails_leaves_every_pin_as_it_was(self, run: Run, repository: Repository) -> None:
        configure(f"{repository.uri}//org.yaml@v1")
        run("policy list")
        before = pins()
        git(repository.path, "tag", "--delete", "v1")
        ended = run("stack update --all --json")
        assert (ended.code, codes(ended)) == (1, ["source.unknown_ref"])
        assert run("stack update prod").code == 1
        assert pins() == before

    def test_one_that_was_never_had_fails_the_update(self, run: Run, repository: Repository) -> None:
        configure(f"{repository.uri}//org.yaml@v7")
        assert codes(run("stack update --all --json")) == ["source.unknown_ref"]


@pytest.mark.parametrize(
    ("uri", "code"),
    [
        ("{}@v1", "resolution.no_file"),
        ("{}//org.yaml@v1#prod", "resolution.no_file"),
        ("{}//policies@v1", "resolution.no_file"),
        ("{}//missing.yaml@v1", "source.no_path"),
        ("registry://acme/org", "resolution.unknown_registry"),
        ("https://user:pass@example.com/org.yaml", "source.secret_in_url"),
        ("https://169.254.169.254/org.yaml", "source.private_address"),
    ],
)
def test_what_names_no_file_that_may_be_read_is_an_error(run: Run, repository: Repository, uri: str, code: str) -> None:
    configure(uri.format(repository.uri))
    assert codes(run("plan prod --json")) == [code]
    assert not Path("flowyml.lock").exists()


def test_a_policy_from_elsewhere_names_no_further_files(run: Run, repository: Repository) -> None:
    Path("mine.rego").write_text(REGO)
    repository.commit({"org.yaml": "rego: [mine.rego]\nprices: /etc/passwd\n"}, tag="v2")
    configure(f"{repository.uri}//org.yaml@v2")
    ended = run("plan prod --json")
    assert ended.code == 1
    said = [item["summary"] for item in ended.document["diagnostics"]]
    assert len(said) == 2
    assert all("a policy from elsewhere names no files" in item for item in said)


def test_a_mistake_in_it_is_told_with_its_place(run: Run, repository: Repository) -> None:
    repository.commit({"org.yaml": "rules:\n  names: {rule: alowed_stacks}\n"}, tag="v2")
    configure(f"{repository.uri}//org.yaml@v2")
    [problem] = run("validate prod --json").document["diagnostics"]
    assert (problem["file"], problem["line"]) == (f"{repository.uri}//org.yaml@v2", 2)


class TestHttp:
    def test_other_content_at_the_address_is_refused_until_an_update(self, run: Run, web: Web) -> None:
        web.pages["/org.yaml"] = STRICT
        uri = f"{web.url}/org.yaml"
        configure(uri)
        assert rules(run("policy check prod --json")) == ["org/names"]
        assert pins() == {uri: {"digest": digest(STRICT), "files": {"org.yaml": digest(STRICT)}}}
        web.pages["/org.yaml"] = LAX
        assert codes(run("policy check prod --json")) == ["source.moved"]
        assert run("stack update --all").code == 0
        assert run("policy check prod").code == 0

    def test_a_host_that_is_not_allowed_is_refused(self, run: Run, web: Web) -> None:
        web.pages["/org.yaml"] = LAX
        configure(f"{web.url}/org.yaml")
        Path("flowyml.yaml").write_text(Path("flowyml.yaml").read_text().replace("127.0.0.1]", "other.example]"))
        assert codes(run("plan prod --json")) == ["source.plain_http"]
        assert web.asked == []


class TestRegistry:
    def publish(self, web: Web, **versions: str) -> None:
        releases = {
            number.replace("_", ".")[1:]: {"source": f"{number}.yaml", "digest": digest(text)}
            for number, text in versions.items()
        }
        web.pages = {f"/{number}.yaml": text for number, text in versions.items()}
        web.pages["/index.yaml"] = json.dumps({"kind": "StackIndex", "policies": {"org": releases}})

    def configure(self, web: Web, wanted: str) -> None:
        source = f"sources: [{{type: registry, name: acme, url: '{web.url}/index.yaml'}}]\n"
        configure(f"registry://acme/{wanted}", more=source)

    def test_the_best_version_is_pinned_and_stays(self, run: Run, web: Web) -> None:
        self.publish(web, v1_0_0=LAX, v1_10_0=STRICT, v2_0_0=LAX)
        self.configure(web, "org@^1")
        assert rules(run("policy check prod --json")) == ["org/names"]
        [pin] = pins().values()
        assert (pin["version"], pin["digest"]) == ("1.10.0", digest(STRICT))
        self.publish(web, v1_0_0=LAX, v1_10_0=STRICT, v1_11_0=LAX)
        assert run("policy check prod").code == 3
        for line in ("stack update prod", "stack update --all"):
            assert run(line).code == 0
            assert pins()["registry://acme/org@^1"]["version"] == "1.11.0"
        assert run("policy check prod").code == 0

    def test_a_version_with_other_content_is_refused(self, run: Run, web: Web) -> None:
        self.publish(web, v1_0_0=STRICT)
        self.configure(web, "org@1.0.0")
        run("policy list")
        self.publish(web, v1_0_0=LAX)
        assert codes(run("policy check prod --json")) == ["source.moved"]

    def test_a_name_that_is_not_there_is_suggested_for(self, run: Run, web: Web) -> None:
        self.publish(web, v1_0_0=STRICT)
        self.configure(web, "orgs")
        [problem] = run("policy check prod --json").document["diagnostics"]
        assert (problem["code"], problem["hint"]) == ("resolution.unknown_policy", "did you mean 'org'?")

    def test_a_policy_is_no_stack_and_a_stack_no_policy(self, run: Run, web: Web) -> None:
        self.publish(web, v1_0_0=STRICT)
        self.configure(web, "org")
        assert codes(run("stack show org --json")) == ["resolution.unknown_stack"]
        index = json.loads(web.pages["/index.yaml"])
        index["stacks"] = index["policies"]
        web.pages["/index.yaml"] = json.dumps(index)
        [problem] = run("policy check prod --json").document["diagnostics"]
        assert (problem["code"], "'org' is a stack and a policy" in problem["summary"]) == ("source.index", True)


def test_a_rego_file_in_an_archive_is_read(run: Run, web: Web, tmp_path: Path) -> None:
    import tarfile

    archive = tmp_path / "policies.tar.gz"
    with tarfile.open(archive, "w:gz") as made:
        for name, text in (("policies-1/rules/main.rego", REGO), ("policies-1/README.md", "x")):
            member = tarfile.TarInfo(name)
            member.size = len(text)
            made.addfile(member, io.BytesIO(text.encode()))
    web.pages["/policies.tar.gz"] = archive.read_bytes()
    configure(f"{web.url}/policies.tar.gz//rules/main.rego", key="rego")
    assert rules(run("policy check prod --json")) == ["rego"]
