"""The commands on stacks from elsewhere: explain, update, diff, and plans that are bound to what was pinned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import Ended, Run, as_a_new_user, run_words
from tests.support.repositories import Repository, manifest, serve


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository.create(tmp_path / "stacks.git", {"stacks/prod.yaml": manifest("prod", "1.0.0", "./first")})
    made.tag("v1.0.0", made.tip("main") or "")
    made.commit({"stacks/prod.yaml": manifest("prod", "2.0.0", "./second")}, tag="v2.0.0")
    return made


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs command lines in a project that has the repository as a source, at its branch main."""
    as_a_new_user(monkeypatch)
    monkeypatch.setenv("FLOWYML_CACHE_DIR", str(tmp_path / "cache"))
    root = tmp_path / "project"
    root.mkdir()
    (root / "flowyml.yaml").write_text(
        "sources: [{type: git, name: platform, url: ../stacks.git, ref: main}]\n"
        "environments:\n  production: {stack: prod, protect: true, overrides: {metadata: {labels: {tier: gold}}}}\n"
    )
    monkeypatch.chdir(root)

    def call(line: str) -> Ended:
        words = line.split()
        return run_words(capsys, words, traces="-v" in words)

    return call


def move(repository: Repository) -> str:
    return repository.commit({"stacks/prod.yaml": manifest("prod", "3.0.0", "./third")})


def test_explain_shows_each_place_each_source_and_what_the_environment_changes(
    run: Run, repository: Repository
) -> None:
    ended = run("stack explain --env production")
    assert ended.code == 0
    commit = repository.tip("main") or ""
    assert "environment: prod (the environment 'production' is for this stack)" in ended.out
    assert "stacks in flowyml.yaml: - (there is no stack 'prod')" in ended.out
    assert f"../stacks.git@main: {commit[:12]} (fetched, and pinned in flowyml.lock)" in ended.out
    assert "environment: production, protected" in ended.out
    assert 'metadata.labels.tier = "gold"' in ended.out
    document = run("stack explain --env production --json").document
    assert document["stack"]["version"] == "2.0.0"
    assert document["environment"] == {
        "name": "production",
        "protect": True,
        "overrides": {"metadata": {"labels": {"tier": "gold"}}},
    }
    assert document["sources"][-1]["why"] == "pinned in flowyml.lock, and it has not moved"


def test_list_shows_what_sources_have_and_warns_of_one_that_is_down(run: Run, repository: Repository) -> None:
    assert "prod   2.0.0    ../stacks.git@main#prod" in run("stack list").out
    repository.path.rename(repository.path.with_name("away"))
    Path("flowyml.lock").unlink()
    ended = run("stack list")
    assert ended.code == 0
    assert "prod" not in ended.out
    assert "could not be searched" in ended.err
    assert "could not be searched" in run("stack list --json").document["remarks"][0]


def test_a_branch_that_went_on_is_refused_shown_and_then_taken_on_purpose(run: Run, repository: Repository) -> None:
    before = repository.tip("main")
    assert run("plan prod").code == 0
    after = move(repository)
    refused = run("plan prod")
    assert refused.code == 1
    assert "was pinned at" in refused.err
    compared = run("stack diff prod")
    assert '~ metadata.version = "2.0.0" -> "3.0.0"' in compared.out
    assert run("plan prod").code == 1
    updated = run("stack update prod")
    assert updated.code == 0
    assert f"was refs/heads/main {before}" in updated.out
    assert f"is  refs/heads/main {after}" in updated.out
    assert run("stack show prod --json").document["stack"]["version"] == "3.0.0"
    listed = run("audit list --event SourceUpdated --json").document["events"]
    commits = {"before": before, "after": after}
    [told] = [event["data"] for event in listed]
    assert told["source"] == "../stacks.git@main"
    assert {name: told[name] for name in commits} == {
        name: {"ref": "refs/heads/main", "commit": commit} for name, commit in commits.items()
    }
    assert run("stack update prod --json").document["sources"] == [
        {
            "source": "../stacks.git@main",
            "changed": False,
            "before": json.loads(Path("flowyml.lock").read_text())["sources"]["../stacks.git@main"],
            "after": json.loads(Path("flowyml.lock").read_text())["sources"]["../stacks.git@main"],
        }
    ]


def test_update_of_everything_goes_on_after_a_source_that_fails(
    run: Run, repository: Repository, tmp_path: Path
) -> None:
    other = Repository.create(tmp_path / "other.git", {"x.yaml": manifest("x")})
    assert run(f"stack show {other.uri}@main#x").code == 0
    assert run("stack show prod").code == 0
    after = move(repository)
    lock = json.loads(Path("flowyml.lock").read_text())
    lock["sources"]["registry://gone/x"] = lock["sources"]["../stacks.git@main"]
    Path("flowyml.lock").write_text(json.dumps(lock))
    other.path.rename(other.path.with_name("away"))
    ended = run("stack update --all --json")
    assert ended.code == 1
    outcome = {item["source"]: item for item in ended.document["sources"]}
    assert outcome["../stacks.git@main"]["after"]["commit"] == after
    assert outcome["registry://gone/x"]["after"] is None
    assert not outcome[f"{other.uri}@main"]["changed"]
    assert [item["code"] for item in ended.document["diagnostics"]] == ["source.unreachable"]
    human = run("stack update --all")
    assert human.code == 1
    assert "stays as it was" in human.out
    assert run("stack update prod --all").code == 1


def test_diff_shows_what_is_written_and_what_it_would_do(run: Run, repository: Repository) -> None:
    uri = repository.uri
    ended = run(f"stack diff {uri}@v1.0.0#prod {uri}@v2.0.0#prod")
    assert ended.code == 0
    assert '~ spec.storage.artifact_store.uri = "./first" -> "./second"' in ended.out
    assert "local.directory.artifact_store must be replaced" in ended.out
    document = run(f"stack diff {uri}@v1.0.0#prod {uri}@v2.0.0#prod --json").document
    assert [item["action"] for item in document["changes"]] == ["replace"]
    assert document["changes"][0]["fields"][0]["forces_replacement"]
    assert document["differences"][0] == {"path": "metadata.version", "before": "1.0.0", "after": "2.0.0"}
    assert not Path("flowyml.lock").exists()
    assert not Path(".flowyml/state.db").exists()


def test_diff_of_resources_that_come_go_move_and_change(run: Run, tmp_path: Path) -> None:
    head = manifest("a")
    before = {
        "gone": "{kind: directory, path: gone}",
        "was": "{kind: directory, path: moved}",
        "changed": "{kind: directory, path: c, mode: '0755'}",
        "refers": "{kind: directory, path: r, labels: {beside: '${resources.changed.outputs.path}'}}",
    }
    after = {
        "come": "{kind: directory, path: come}",
        "now": "{kind: directory, path: moved}",
        "changed": "{kind: directory, path: c, mode: '0700'}",
        "refers": before["refers"],
    }
    for name, resources, more in (
        ("old", before, ""),
        ("new", after, "  moved: [{from: local.directory.was, to: local.directory.now}]\n"),
    ):
        lines = "".join(f"    {key}: {value}\n" for key, value in resources.items())
        Path(f"{name}.yaml").write_text(f"{head}  resources:\n{lines}{more}")
    document = run("stack diff old.yaml new.yaml --json").document
    assert {item["address"].rpartition(".")[2]: item["action"] for item in document["changes"]} == {
        "come": "create",
        "gone": "delete",
        "now": "noop",
        "changed": "update",
    }
    same = run("stack diff old.yaml old.yaml")
    assert same.out.endswith("They say the same.\n")


def test_a_saved_plan_is_refused_when_its_tag_moved(run: Run, repository: Repository) -> None:
    uri = f"{repository.uri}@v1.0.0#prod"
    assert run(f"plan {uri} --out saved.plan").code == 0
    repository.tag("v1.0.0", move(repository))
    refused = run("apply saved.plan")
    assert refused.code == 1
    assert "was pinned at" in refused.err
    assert not Path("first").exists()


def test_a_saved_plan_holds_as_long_as_nothing_moves(run: Run, repository: Repository, monkeypatch: Any) -> None:
    monkeypatch.setenv("FLOWYML_STACK", f"{repository.uri}@v1.0.0#prod")
    assert run("plan --out saved.plan").code == 0
    # The variable is of the machine that planned, and not of the one that applies.
    monkeypatch.delenv("FLOWYML_STACK")
    applied = run("apply saved.plan")
    assert applied.code == 0, applied.err
    assert Path("first").is_dir()
    assert run(f"plan {repository.uri}@v1.0.0#prod --detailed-exitcode").code == 0


def test_an_unchanged_stack_from_elsewhere_is_still_asked_for(run: Run, repository: Repository) -> None:
    assert run("apply prod --auto-approve").code == 0
    assert run("plan prod").code == 0
    move(repository)
    assert run("plan prod").code == 1


def test_all_stacks_of_a_project_are_its_own(run: Run, repository: Repository) -> None:
    Path("stacks").mkdir()
    Path("stacks/mine.yaml").write_text(manifest("mine"))
    ended = run("plan --all --json")
    assert [item["stack"] for item in ended.document["stacks"]] == ["mine"]


def test_a_stack_from_elsewhere_can_be_registered_under_its_name(run: Run, repository: Repository) -> None:
    assert run(f"stack apply {repository.uri}@v1.0.0#prod").code == 0
    Path("flowyml.yaml").write_text("")
    assert run("stack show prod --json").document["stack"]["source"] == "registered stack prod"


def test_a_destroy_does_not_go_on_without_a_definition_that_is_only_out_of_reach(
    run: Run, repository: Repository
) -> None:
    assert run("apply prod --auto-approve").code == 0
    move(repository)
    refused = run("destroy prod --auto-approve")
    assert refused.code == 1
    assert "was pinned at" in refused.err
    assert Path("second").is_dir()
    Path("flowyml.yaml").write_text("")
    assert run("destroy prod --auto-approve").code == 0
    assert not Path("second").exists()


def test_a_token_rests_nowhere_on_the_way_from_a_server_to_a_state(
    run: Run, repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    token = "canary-token-7f3a91"
    Path("flowyml.yaml").write_text("fetch: {private_hosts: [127.0.0.1]}\n")
    monkeypatch.setenv("FLOWYML_TOKEN_127_0_0_1", token)
    with serve(repository.path.parent) as serving:
        serving.token = token
        uri = f"git+{serving.url}/stacks.git@v1.0.0#prod"
        lines = [
            f"plan {uri} --out saved.plan",
            "apply saved.plan",
            f"stack explain {uri} --json",
            f"stack apply {uri}",
        ]
        ended = [run(line) for line in lines]
        serving.token = "another"
        ended += [run(f"stack update {uri}"), run(f"-v plan {uri.replace('v1.0.0', 'v2.0.0')}")]
    assert [one.code for one in ended] == [0, 0, 0, 0, 1, 1]
    said = [text for one in ended for text in (one.out, one.err)]
    kept = [path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file()]
    assert len(kept) > 10
    assert [text for text in (*said, *kept) if token in text] == []
