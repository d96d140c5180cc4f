"""Attempts to get past the policies: every one of them is refused for its own reason, and leaves nothing behind.

The project allows the stack ``prod-data``, labelled, in regions of its own words, with images from one registry. Each
attempt changes one thing about a project in which all is well, or goes around the front door.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from flowyml_infra import Pipeline, step
from flowyml_infra.apply.applying import Workplace, carry_out
from flowyml_infra.cli.main import execute
from flowyml_infra.errors import InfraError
from flowyml_infra.plan.plan import PlanOptions
from flowyml_infra.policy.gate import ApprovedPlan, Gate
from flowyml_infra.policy.policy_set import PolicySet
from flowyml_infra.project import Project
from flowyml_infra.resources.compiled import Adoption
from flowyml_infra.state.key import DeploymentKey
from flowyml_infra.state.push import read_export
from flowyml_infra.state.sql_store import SqlStore

STACK = "prod-data"
IMAGE = "gcr.io/acme/train:1"
POLICIES: dict[str, Any] = {
    "allowed_stacks": ["prod-*"],
    "required_labels": {"team": ["ml", "data"]},
    "image_policy": {"allowed_registries": ["gcr.io/acme"], "pinned_by": "tag"},
    "files": ["policies/org.yaml"],
}
ORG = """\
rules:
  kinds: {rule: allowed_kinds, allow: [local.directory, local.sqlite], waivable: false}
  trusted: {rule: existing_components, uris: ["file:///trusted/*"]}
  keep: {rule: stateful_changes, actions: [replace]}
  who: {rule: who_may_apply, actors: ["tester@*"]}
"""
MANIFEST: dict[str, Any] = {
    "apiVersion": "flowyml/v1",
    "kind": "StackDefinition",
    "metadata": {"name": STACK, "labels": {"team": "ml"}},
    "spec": {
        "provider": "local",
        "runtime": {"docker_image": IMAGE},
        "storage": {
            "artifact_store": {"uri": "./data/artifacts", "force_destroy": True},
            "metadata_store": "sqlite:///data/metadata.db",
        },
        "resources": {"scratch": {"kind": "directory", "path": "data/scratch", "force_destroy": True}},
    },
}


NAMES, LABELS_OF, REGISTRIES, PINNED, KINDS, TRUSTED, KEEP, WHO = (
    f"policy.{name}"
    for name in (
        "allowed_stacks",
        "required_labels",
        "image_policy.allowed_registries",
        "image_policy.pinned_by",
        "org/kinds",
        "org/trusted",
        "org/keep",
        "org/who",
    )
)
"""The reasons that rules give."""
NO_VALUE = "definition.value"


class Attacked:
    """The project, and what an attacker does with it."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self._capsys = capsys
        for folder in ("stacks", "policies"):
            (root / folder).mkdir(parents=True)
        self.policies(POLICIES)
        self.write("policies/org.yaml", ORG)
        self.manifest(MANIFEST)

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_text(text, encoding="utf-8")

    def policies(self, policies: dict[str, Any], **more: Any) -> None:
        environments = {"production": {"stack": STACK}, "dev": {"stack": STACK}}
        document = {"project": {"name": "a", "org": "b"}, "environments": environments, "policies": policies, **more}
        self.write("flowyml.yaml", yaml.safe_dump(document, allow_unicode=True))

    def manifest(self, manifest: dict[str, Any], name: str = "stacks/prod-data.yaml") -> None:
        self.write(name, yaml.safe_dump(manifest, allow_unicode=True))

    def edit(self, *path: str, value: Any) -> None:
        """Set the value at ``path`` in the manifest."""
        changed = json.loads(json.dumps(MANIFEST))
        place = changed
        for key in path[:-1]:
            place = place.setdefault(key, {})
        place[path[-1]] = value
        self.manifest(changed)

    def open(self) -> Project:
        return Project.open(self.root)

    def apply(self, stack: str | None = STACK, *, between: Callable[[], object] = lambda: None, **options: Any) -> None:
        with self.open() as project:
            planned = project.plan(stack, **options)
            between()
            project.apply(planned)

    def saved(self) -> Path:
        with self.open() as project:
            return project.plan(STACK).save(self.root / "saved.plan")

    def apply_saved(self) -> None:
        with self.open() as project:
            project.apply(project.load_plan(self.root / "saved.plan"))

    def cli_refused(self, line: str, rule: str) -> None:
        """The command ends as denied, and by this rule alone."""
        self._capsys.readouterr()
        assert execute([*line.split(), "--project", str(self.root)]) == 3
        assert f" is denied by {rule.removeprefix('policy.')}\n" in self._capsys.readouterr().err

    def recorded(self) -> dict[str, object]:
        with self.open() as project:
            return {
                str(key): [row.properties_json for row in project.reader().snapshot(key).rows.values()]
                for key in project.reader().deployments()
            }


@pytest.fixture
def attacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Attacked:
    for name in [name for name in os.environ if name.startswith(("FLOWYML_", "GITHUB_", "GITLAB_", "CI"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("FLOWYML_STATE_KEY", "a passphrase that only tests use")
    monkeypatch.setenv("LOGNAME", "tester")
    monkeypatch.chdir(tmp_path)
    return Attacked(tmp_path / "project", capsys)


def test_the_project_itself_is_allowed(attacked):
    attacked.apply()
    assert attacked.recorded()


# Definitions that break a rule in a way that should not show.

LOOK_ALIKES = {
    "a Cyrillic letter": ("рrod-data", NO_VALUE),  # noqa: RUF001
    "a full-width letter": ("ｐrod-data", NO_VALUE),  # noqa: RUF001
    "capitals": ("Prod-data", NO_VALUE),
    "a soft hyphen": ("prod\u00ad-data", NO_VALUE),
    "a zero-width joiner": ("prod\u200d-data", NO_VALUE),
    "another hyphen": ("prod‐data", NO_VALUE),  # noqa: RUF001
    "a space in front": (" prod-data", NO_VALUE),
    "a name with a new line": ("prod-data\nx", NO_VALUE),
    "a pattern as a name": ("prod-*", NO_VALUE),
    "a path as a name": ("../prod-data", NO_VALUE),
    "the built-in stack's name": ("local", "definition.reserved"),
    "another name": ("data", NAMES),
    "the right name at the end": ("my-prod-data", NAMES),
}


@pytest.mark.parametrize(("name", "why"), LOOK_ALIKES.values(), ids=LOOK_ALIKES)
def test_a_name_that_looks_like_an_allowed_one(attacked, name, why):
    attacked.edit("metadata", "name", value=name)
    refused(attacked, lambda: attacked.apply("stacks/prod-data.yaml"), why)


LABELS = {
    "none": ({}, LABELS_OF),
    "empty": ({"team": ""}, NO_VALUE),
    "blank": ({"team": "  "}, LABELS_OF),
    "another value": ({"team": "web"}, LABELS_OF),
    "a look-alike of the key": ({"tеam": "ml"}, NO_VALUE),  # noqa: RUF001
    "a look-alike of the value": ({"team": "mⅼ"}, LABELS_OF),  # noqa: RUF001
    "capitals": ({"Team": "ml"}, LABELS_OF),
    "a list of values": ({"team": ["ml"]}, "definition.type"),
    "a value with a space": ({"team": "ml "}, LABELS_OF),
}


@pytest.mark.parametrize(("labels", "why"), LABELS.values(), ids=LABELS)
def test_labels_that_only_look_right(attacked, labels, why):
    attacked.edit("metadata", "labels", value=labels)
    refused(attacked, attacked.apply, why)


FOREIGN = {
    "elsewhere": "evil.io/acme/train:1",
    "the hub": "acme/train:1",
    "a longer project": "gcr.io/acme-evil/train:1",
    "a longer host": "gcr.io.evil.com/acme/train:1",
    "a host in the path": "evil.io/gcr.io/acme/train:1",
    "another port": "gcr.io:5000/acme/train:1",
}
MOVING = {
    "a tag that moves": "gcr.io/acme/train:latest",
    "a tag that moves in capitals": "gcr.io/acme/train:LATEST",
    "no tag": "gcr.io/acme/train",
}
MALFORMED = {
    "a way up": "gcr.io/acme/../evil/train:1",
    "an encoded way up": "gcr.io/acme%2f..%2fevil/train:1",
    "a user before the host": "gcr.io/acme@evil.io/train:1",
    "a scheme": "https://gcr.io/acme/train:1",
    "a look-alike": "gcr.iо/acme/train:1",  # noqa: RUF001
}
NOWHERE = {"an image id": "a" * 64}


def images(malformed: tuple[str, ...], **more: str) -> Any:
    """Every image with the reasons why it is refused."""
    both = (REGISTRIES, PINNED)
    groups = ((FOREIGN, (REGISTRIES,)), (MOVING, (PINNED,)), (MALFORMED, malformed), ({**NOWHERE, **more}, both))
    found = {name: (image, why) for images, why in groups for name, image in images.items()}
    return pytest.mark.parametrize(("image", "why"), found.values(), ids=found)


@images((NO_VALUE,))
def test_an_image_from_elsewhere_in_the_definition(attacked, image, why):
    attacked.edit("spec", "runtime", "docker_image", value=image)
    refused(attacked, attacked.apply, *why)


@images((REGISTRIES, PINNED), nothing="")
def test_an_image_from_elsewhere_for_a_run(attacked, image, why):
    attacked.apply()
    refused(attacked, lambda: bind(attacked, image=image), *why)


def bind(attacked: Attacked, stack: str = STACK, **options: Any) -> object:
    from flowyml_infra.project.binding import bind_stack

    return bind_stack(stack, None, project_root=attacked.root, **options)


# Things that are written so that a rule would not see them.


def test_a_forbidden_kind(attacked):
    attacked.edit("spec", "resources", "images", value={"kind": "oci_registry", "path": "images"})
    refused(attacked, attacked.apply, KINDS)


def test_a_forbidden_kind_behind_an_alias(attacked):
    text = yaml.safe_dump(MANIFEST) + "  moved: []\n"
    attacked.write(
        "stacks/prod-data.yaml", text.replace("kind: directory", "kind: &k oci_registry\n      labels: {x: *k}")
    )
    refused(attacked, attacked.apply, KINDS)


def test_a_forbidden_kind_through_a_merge_key(attacked):
    text = yaml.safe_dump(MANIFEST)
    base = "    base: &base {kind: oci_registry, path: images}\n    other: {<<: *base, path: more}\n"
    attacked.write("stacks/prod-data.yaml", text.replace("  resources:\n", "  resources:\n" + base))
    refused(attacked, attacked.apply, KINDS)


def test_a_label_written_twice(attacked):
    text = yaml.safe_dump(MANIFEST).replace("    team: ml\n", "    team: ml\n    team: web\n")
    attacked.write("stacks/prod-data.yaml", text)
    refused(attacked, attacked.apply, "definition.duplicate_key")


def test_a_second_document_in_the_manifest(attacked):
    other = json.loads(json.dumps(MANIFEST))
    other["metadata"]["name"] = "evil"
    attacked.write("stacks/prod-data.yaml", yaml.safe_dump(MANIFEST) + "---\n" + yaml.safe_dump(other))
    refused(attacked, lambda: attacked.apply("stacks/prod-data.yaml"), "definition.documents")


def test_a_thing_that_is_said_to_exist_already(attacked):
    store = {"uri": "file:///evil/artifacts", "existing": True}
    attacked.edit("spec", "storage", "artifact_store", value=store)
    refused(attacked, attacked.apply, TRUSTED)


def test_a_registry_that_is_said_to_exist_already(attacked):
    attacked.edit("spec", "registry", value={"uri": "evil.io/acme", "existing": True})
    refused(attacked, attacked.apply, REGISTRIES, TRUSTED)


def test_the_forbidden_thing_left_for_later_with_a_target(attacked):
    attacked.edit("spec", "resources", "images", value={"kind": "oci_registry", "path": "images"})
    from flowyml_infra.address import Address

    attacked.apply(options=PlanOptions(excludes=(Address("local.oci_registry.images"),)))
    options = PlanOptions(targets=(Address("local.oci_registry.images"),))
    refused(attacked, lambda: attacked.apply(options=options), KINDS)


def test_a_replacement_of_what_keeps_data(attacked):
    attacked.apply()
    from flowyml_infra.address import Address

    options = PlanOptions(replace=(Address("local.directory.scratch"),))
    refused(attacked, lambda: attacked.apply(options=options), KEEP)


# Environments and variables.


def test_an_override_of_an_environment(attacked):
    overrides = {"metadata": {"labels": {"team": "web"}}}
    attacked.policies(POLICIES, environments={"loose": {"stack": STACK, "overrides": overrides}})
    refused(attacked, lambda: attacked.apply(env="loose"), LABELS_OF)


def test_an_override_of_the_image(attacked):
    overrides = {"spec": {"runtime": {"docker_image": "evil.io/x:1"}}}
    attacked.policies(POLICIES, environments={"loose": {"stack": STACK, "overrides": overrides}})
    refused(attacked, lambda: attacked.apply(env="loose"), REGISTRIES)


def test_policies_of_an_environment_or_a_stack(attacked):
    attacked.edit("spec", "policies", value={"allowed_stacks": ["*"]})
    refused(attacked, attacked.apply, "definition.unknown_key")
    attacked.manifest(MANIFEST)
    attacked.policies(POLICIES, environments={"loose": {"stack": STACK, "overrides": {"policies": {}}}})
    refused(attacked, lambda: attacked.apply(env="loose"), "definition.unknown_key")


@pytest.mark.parametrize(
    "policies",
    [
        {**POLICIES, "allowed_stacks": ["${ALLOWED}"]},
        {**POLICIES, "image_policy": {"allowed_registries": ["${ALLOWED:-gcr.io/acme}"]}},
        {**POLICIES, "rules": {"sizes": {"max_nodes": "${MOST:-1000}"}}},
        {**POLICIES, "files": ["${ALLOWED}"]},
    ],
    ids=["stacks", "registries", "a rule", "a file"],
)
def test_a_policy_that_a_variable_opens(attacked, monkeypatch, policies):
    monkeypatch.setenv("ALLOWED", "*")
    attacked.policies(policies)
    refused(attacked, attacked.apply, "definition.variable")


def test_an_image_from_a_variable(attacked, monkeypatch):
    monkeypatch.setenv("TRAIN_IMAGE", "evil.io/x:1")
    attacked.edit("spec", "runtime", "docker_image", value="${TRAIN_IMAGE}")
    refused(attacked, attacked.apply, REGISTRIES)


def test_an_image_from_a_variable_that_changes_after_the_plan(attacked, monkeypatch):
    monkeypatch.setenv("TRAIN_IMAGE", IMAGE)
    attacked.edit("spec", "runtime", "docker_image", value="${TRAIN_IMAGE}")
    attacked.apply()
    monkeypatch.setenv("TRAIN_IMAGE", "evil.io/x:1")
    refused(attacked, lambda: bind(attacked), REGISTRIES)


def test_another_actor(attacked, monkeypatch):
    monkeypatch.setenv("LOGNAME", "eve")
    refused(attacked, attacked.apply, WHO)


def test_another_actor_after_the_plan(attacked, monkeypatch):
    refused(attacked, lambda: attacked.apply(between=lambda: monkeypatch.setenv("LOGNAME", "eve")), WHO)


CLAIMS = {
    "a user": {"LOGNAME": "tester"},
    "a job": {"GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "tester", "GITHUB_REPOSITORY": "acme/infra"},
}


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_a_name_claimed_by_variables_where_the_account_counts(attacked, monkeypatch, claim):
    rules = {"people": {"rule": "who_may_apply", "actors": ["tester@*", "github:tester/*"], "verified": True}}
    attacked.policies({"rules": rules})
    for name, value in claim.items():
        monkeypatch.setenv(name, value)
    refused(attacked, attacked.apply, "policy.people")


def test_another_actor_destroys(attacked, monkeypatch):
    attacked.apply()
    monkeypatch.setenv("LOGNAME", "eve")
    refused(attacked, lambda: attacked.apply(options=PlanOptions(destroy=True)), WHO)
    attacked.cli_refused(f"destroy {STACK} --auto-approve", WHO)


def test_standing_in_another_project_without_policies(attacked, tmp_path, monkeypatch):
    other = tmp_path / "other"
    other.mkdir()
    (other / "flowyml.yaml").write_text("project: {name: a, org: b}\n")
    attacked.edit("spec", "runtime", "docker_image", value="evil.io/x:1")
    monkeypatch.chdir(other)
    refused(attacked, lambda: attacked.apply("../project/stacks/prod-data.yaml"), REGISTRIES)


# Between plan and apply.

SOURCE, POLICY = "plan.source_changed", "plan.policy_changed"
SWAPS: dict[str, tuple[Callable[[Attacked], object], str]] = {
    "the manifest": (lambda it: it.edit("spec", "runtime", "docker_image", value="evil.io/x:1"), SOURCE),
    "the policies, loosened": (lambda it: it.policies({**POLICIES, "allowed_stacks": ["*"]}), POLICY),
    "the policies, tightened": (lambda it: it.policies({**POLICIES, "allowed_stacks": ["x"]}), POLICY),
    "no policies at all": (lambda it: it.policies({}), POLICY),
    "the shared policy": (lambda it: it.write("policies/org.yaml", ORG.replace("local.sqlite", '"*"')), POLICY),
    "the shared policy, emptied": (lambda it: it.write("policies/org.yaml", "rules: {}\n"), POLICY),
    "the shared policy, removed": (lambda it: (it.root / "policies/org.yaml").unlink(), "policy.file"),
    "a waiver": (lambda it: it.write("flowyml.waivers.yaml", waiver("org/trusted")), POLICY),
}


@pytest.mark.parametrize(("swap", "why"), SWAPS.values(), ids=SWAPS)
def test_something_swapped_between_plan_and_apply(attacked, swap, why):
    refused(attacked, lambda: attacked.apply(between=lambda: swap(attacked)), why)


@pytest.mark.parametrize(("swap", "why"), SWAPS.values(), ids=SWAPS)
def test_something_swapped_before_a_saved_plan_is_applied(attacked, swap, why):
    attacked.saved()
    swap(attacked)
    refused(attacked, attacked.apply_saved, why)


@pytest.mark.parametrize(("swap", "why"), SWAPS.values(), ids=SWAPS)
def test_something_swapped_while_the_lease_is_taken(attacked, monkeypatch, swap, why):
    acquire = SqlStore.acquire

    def slow(store, *args, **kwargs):
        swap(attacked)
        return acquire(store, *args, **kwargs)

    monkeypatch.setattr(SqlStore, "acquire", slow)
    refused(attacked, attacked.apply, why)


SOON = (datetime.now(UTC).date() + timedelta(days=30)).isoformat()


def waiver(rule: str, **changed: str) -> str:
    entry = {"rule": rule, "stack": STACK, "environment": "default", "who": "eve", "why": "x", "until": SOON}
    return yaml.safe_dump({"waivers": [{**entry, **changed}]})


EDITS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "image": (lambda text: text.replace(b"gcr.io/acme/train:1", b"evil.io/acme/train:1"), "plan.edited"),
    "policies": (lambda text: text.replace(b"allowed_stacks", b"allowed_stakcs"), "plan.edited"),
    "decision": (lambda text: text.replace(b"allow", b"deny_"), "plan.edited"),
    "cut": (lambda text: text[:-2], "plan.unreadable"),
    "more": (lambda text: text + b"{}", "plan.unreadable"),
}


@pytest.mark.parametrize(("edit", "why"), EDITS.values(), ids=EDITS)
def test_a_saved_plan_that_was_edited(attacked, edit, why):
    path = attacked.saved()
    edited = edit(path.read_bytes())
    assert edited != path.read_bytes()
    path.write_bytes(edited)
    refused(attacked, attacked.apply_saved, why)


def test_a_saved_plan_used_twice(attacked):
    attacked.saved()
    attacked.apply_saved()
    refused(attacked, attacked.apply_saved, "plan.stale")


# Waivers.

WAIVERS = {
    "a rule that cannot be waived": (waiver("org/kinds"), "policy.invalid"),
    "every rule": (waiver("*"), "policy.invalid"),
    "one that ran out": (waiver("org/trusted", until="2001-01-01"), TRUSTED),
    "one that never ends": (waiver("org/trusted", until="2999-01-01"), TRUSTED),
    "every stack": (waiver("org/trusted", stack="*"), TRUSTED),
    "another environment": (waiver("org/trusted", environment="dev"), TRUSTED),
    "without a name": (waiver("org/trusted", who=""), "policy.waiver"),
    "without an end": (waiver("org/trusted", until="never"), "policy.waiver"),
    "the rule's own name": (waiver("existing_components"), "policy.invalid"),
}


@pytest.mark.parametrize(("text", "why"), WAIVERS.values(), ids=WAIVERS)
def test_a_waiver_that_does_not_count(attacked, text, why):
    attacked.edit("spec", "storage", "artifact_store", value={"uri": "file:///evil", "existing": True})
    attacked.write("flowyml.waivers.yaml", text)
    refused(attacked, attacked.apply, why)


# Around the front door.


def test_a_state_with_a_forbidden_thing_pushed(attacked):
    attacked.apply()
    refused(attacked, lambda: pushed(attacked), KINDS)
    exported(attacked)
    attacked.cli_refused(f"state push {attacked.root / 'export.json'} --auto-approve --force", KINDS)


def exported(attacked: Attacked, *, forbidden: bool = True) -> str:
    from flowyml_infra.state.edits import pull

    with attacked.open() as project:
        document = pull(project.reader(), DeploymentKey(STACK))
    evil = json.loads(json.dumps(document["resources"][0]))
    evil.update(address="local.oci_registry.images", properties={"path": "x"}, outputs={}, component=None)
    if forbidden:
        document["resources"].append(evil)
    text = json.dumps(document)
    attacked.write("export.json", text)
    return text


def pushed(attacked: Attacked, *, forbidden: bool = True) -> None:
    export = read_export(exported(attacked, forbidden=forbidden), "x")
    with attacked.open() as project:
        project.push_state(DeploymentKey(STACK), export, force=True)


def test_a_state_pushed_by_another_actor(attacked, monkeypatch):
    attacked.apply()
    monkeypatch.setenv("LOGNAME", "eve")
    refused(attacked, lambda: pushed(attacked, forbidden=False), WHO)


def test_what_keeps_data_forgotten_renamed_or_left_out_of_a_push_so_that_it_is_made_anew(attacked):
    attacked.apply()
    scratch, key = "local.directory.scratch", DeploymentKey(STACK)
    from flowyml_infra.address import Address

    for attempt in (
        lambda project: project.forget(key, Address(scratch)),
        lambda project: project.rename(key, Address(scratch), Address("local.directory.other")),
    ):
        with attacked.open() as project:
            refused(attacked, lambda attempt=attempt, project=project: attempt(project), KEEP)
    attacked.cli_refused(f"state rm {scratch} --stack {STACK} --auto-approve", KEEP)
    attacked.cli_refused(f"state mv {scratch} local.directory.other --stack {STACK}", KEEP)


def test_a_forbidden_thing_imported(attacked):
    attacked.apply()
    attacked.edit("spec", "resources", "images", value={"kind": "oci_registry", "path": "images"})
    address = "local.oci_registry.images"
    from flowyml_infra.address import Address

    imports = (Adoption(Address(address), "images"),)
    refused(attacked, lambda: attacked.apply(imports=imports), KINDS)
    attacked.cli_refused(f"state import {address} images --stack {STACK} --auto-approve", KINDS)


def test_a_forbidden_thing_imported_by_the_definition(attacked):
    manifest = json.loads(json.dumps(MANIFEST))
    manifest["spec"]["resources"]["images"] = {"kind": "oci_registry", "path": "images"}
    manifest["spec"]["imports"] = [{"to": "local.oci_registry.images", "id": "images"}]
    attacked.manifest(manifest)
    refused(attacked, attacked.apply, KINDS)


@step
def train() -> int:
    return 1


def test_a_pipeline_on_a_stack_that_is_not_allowed(attacked):
    from flowyml_infra.stacks import LocalStack

    stack = LocalStack(name="evil", artifact_path=str(attacked.root / "a"), metadata_path=str(attacked.root / "m.db"))
    os.chdir(attacked.root)
    pipeline = Pipeline("train", stack=stack)
    pipeline.add_step(train)
    refused(attacked, pipeline.run, NAMES, LABELS_OF)


def test_a_plan_approved_by_no_gate(attacked):
    with attacked.open() as project:
        planned = project.plan(STACK)
        forged = object.__new__(ApprovedPlan)
        facts = {"plan": planned.plan, "decision": planned.decision, "plan_digest": planned.plan.digest}
        for name, value in {**facts, "policy_digest": planned.plan.bindings.policy_digest}.items():
            object.__setattr__(forged, name, value)
        refused(attacked, lambda: carry_out(forged, place(project)), "policy.forged")


def place(project: Project) -> Workplace:
    return Workplace(project.store(), {}, project.root, None, "eve", lambda: None)  # type: ignore[arg-type]


def test_a_gate_of_one_s_own(attacked):
    attacked.edit("spec", "runtime", "docker_image", value="evil.io/x:1")
    with attacked.open() as project:
        plan = project.plan(STACK).plan
    refused(attacked, lambda: Gate(PolicySet()).approve(plan), "plan.stale")


def test_a_decision_of_one_s_own(attacked):
    attacked.edit("spec", "runtime", "docker_image", value="evil.io/x:1")

    def forge() -> None:
        with attacked.open() as project:
            planned = project.plan(STACK)
            allowed = replace(planned.decision, findings=())
            assert allowed.outcome == "allow"
            project.apply(replace(planned, decision=allowed))

    refused(attacked, forge, REGISTRIES)


def test_policies_of_one_s_own_in_the_plan(attacked):
    attacked.edit("spec", "runtime", "docker_image", value="evil.io/x:1")

    def forge() -> None:
        with attacked.open() as project:
            planned = project.plan(STACK)
            lax = replace(planned.plan, compiled=replace(planned.plan.compiled, policies={}))
            project.apply(replace(planned, plan=lax))

    refused(attacked, forge, REGISTRIES)


def test_a_definition_given_as_an_object(attacked):
    from flowyml_infra.stacks.enterprise.resolver import StackResolver

    attacked.edit("spec", "runtime", "docker_image", value="evil.io/x:1")
    definition = StackResolver(attacked.root).resolve(STACK)
    refused(attacked, lambda: attacked.apply(definition), REGISTRIES)


# Waivers and addresses that only look right.

SMALL = {"rules": {"small": {"rule": "allowed_kinds", "deny": ["local.oci_registry"]}}}
IMAGES = "local.oci_registry.images"
NEAR_ADDRESSES = {
    "capitals": "Local.oci_registry.images",
    "a look-alike": "local.oci_registry.imаges",  # noqa: RUF001
    "a full-width letter": "local.oci_registry.ｉmages",  # noqa: RUF001
    "a pattern": "local.oci_registry.*",
    "a space after it": "local.oci_registry.images ",
    "a longer one": "local.oci_registry.images_2",
    "none": None,
}


@pytest.mark.parametrize("address", NEAR_ADDRESSES.values(), ids=NEAR_ADDRESSES)
def test_a_waiver_for_an_address_that_only_looks_right(attacked, address):
    attacked.policies(SMALL)
    attacked.edit("spec", "resources", "images", value={"kind": "oci_registry", "path": "images"})
    attacked.write("flowyml.waivers.yaml", waiver("small", **({} if address is None else {"address": address})))
    refused(attacked, attacked.apply, "policy.small")
    attacked.write("flowyml.waivers.yaml", waiver("small", address=IMAGES))
    attacked.apply()


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12", "UTC"])
def test_a_waiver_that_ran_out_where_the_clock_shows_another_day(attacked, monkeypatch, zone):
    yesterday = (datetime.now(UTC).date() - timedelta(days=1)).isoformat()
    attacked.edit("spec", "storage", "artifact_store", value={"uri": "file:///evil", "existing": True})
    attacked.write("flowyml.waivers.yaml", waiver("org/trusted", until=yesterday))
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        refused(attacked, attacked.apply, TRUSTED)
    finally:
        monkeypatch.undo()
        time.tzset()


TWICE = {
    "a day of a waiver": ("flowyml.waivers.yaml", "waivers:\n  - {until: 2001-01-01, until: 2999-01-01}\n"),
    "a rule of a shared policy": ("policies/org.yaml", ORG + "  who: {rule: who_may_apply, actors: ['*']}\n"),
    "a section of a shared policy": ("policies/org.yaml", ORG + "rules: {}\n"),
}


@pytest.mark.parametrize(("file", "text"), TWICE.values(), ids=TWICE)
def test_something_said_twice_in_a_file_of_the_policies(attacked, file, text):
    attacked.write(file, text)
    refused(attacked, attacked.apply, "definition.duplicate_key")


# Files and variables.


def test_a_policy_behind_a_link_that_is_turned_between_plan_and_apply(attacked, tmp_path):
    (tmp_path / "org.yaml").write_text(ORG)
    (tmp_path / "lax.yaml").write_text("rules: {}\n")
    link = attacked.root / "policies/org.yaml"
    link.unlink()
    link.symlink_to(tmp_path / "org.yaml")

    def turn() -> None:
        link.unlink()
        link.symlink_to(tmp_path / "lax.yaml")

    refused(attacked, lambda: attacked.apply(between=turn), POLICY)


def test_a_policy_that_leads_nowhere_or_cannot_be_read(attacked, tmp_path):
    link = attacked.root / "policies/org.yaml"
    link.unlink()
    link.symlink_to(tmp_path / "missing.yaml")
    refused(attacked, attacked.apply, "policy.file")
    link.unlink()
    link.mkdir()
    refused(attacked, attacked.apply, "policy.file")
    attacked.policies({**POLICIES, "files": ["policies/*.yaml"]})
    refused(attacked, attacked.apply, "policy.file")


def test_variables_that_might_lead_to_other_policies(attacked, monkeypatch, tmp_path):
    (tmp_path / "lax.yaml").write_text("policies: {}\n")
    for name in ("POLICY", "POLICIES", "POLICY_FILE", "CONFIG", "CONFIG_FILE", "PROJECT", "ROOT", "ORG"):
        monkeypatch.setenv(f"FLOWYML_{name}", str(tmp_path / "lax.yaml"))
    monkeypatch.setenv("FLOWYML_STATE_URL", f"sqlite:///{tmp_path}/other.db")
    attacked.edit("spec", "runtime", "docker_image", value="evil.io/x:1")
    refused(attacked, attacked.apply, REGISTRIES)


def test_another_home_and_another_working_folder(attacked, monkeypatch, tmp_path):
    other = tmp_path / "home"
    other.mkdir()
    (other / "flowyml.yaml").write_text("policies: {}\n")
    monkeypatch.setenv("HOME", str(other))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(other))
    monkeypatch.chdir(attacked.root / "stacks")
    attacked.edit("spec", "runtime", "docker_image", value="evil.io/x:1")
    attacked.cli_refused(f"apply {STACK} --auto-approve", REGISTRIES)


# Parts of a plan.


def test_a_part_of_the_stack_with_an_image_from_elsewhere(attacked):
    from flowyml_infra.address import Address

    attacked.edit("spec", "runtime", "docker_image", value="evil.io/x:1")
    for options in (
        PlanOptions(targets=(Address("local.directory.scratch"),)),
        PlanOptions(excludes=(Address("local.directory.scratch"),)),
    ):
        refused(attacked, lambda options=options: attacked.apply(options=options), REGISTRIES)


def test_a_part_that_needs_a_forbidden_thing(attacked):
    from flowyml_infra.address import Address

    attacked.edit("spec", "resources", "images", value={"kind": "oci_registry", "path": "images"})
    manifest = yaml.safe_load((attacked.root / "stacks/prod-data.yaml").read_text())
    manifest["spec"]["resources"]["user"] = {"kind": "directory", "path": "u", "depends_on": [IMAGES]}
    attacked.manifest(manifest)
    options = PlanOptions(targets=(Address("local.directory.user"),))
    refused(attacked, lambda: attacked.apply(options=options), KINDS)


def test_a_change_taken_out_of_a_plan_or_put_into_it(attacked):
    from flowyml_infra.address import Address

    attacked.edit("spec", "resources", "images", value={"kind": "oci_registry", "path": "images"})
    with attacked.open() as project:
        planned = project.plan(STACK)
        changes = tuple(item for item in planned.plan.changes if item.address != Address(IMAGES))
        lighter = replace(planned, plan=replace(planned.plan, changes=changes))
        assert len(changes) < len(planned.plan.changes)
        refused(attacked, lambda: project.apply(lighter), "plan.stale")
        refused(attacked, lambda: project.apply(planned), KINDS)


def test_a_rename_away_from_the_address_that_a_rule_names(attacked):
    scope = {"addresses": ["local.directory.scratch"]}
    attacked.policies({**POLICIES, "rules": {"mine": {"rule": "allowed_kinds", "deny": ["local.*"], "scope": scope}}})
    refused(attacked, attacked.apply, "policy.mine")
    attacked.policies(POLICIES)
    attacked.apply()
    attacked.policies({**POLICIES, "rules": {"mine": {"rule": "allowed_kinds", "deny": ["local.*"], "scope": scope}}})
    manifest = json.loads(json.dumps(MANIFEST))
    manifest["spec"]["resources"]["renamed"] = manifest["spec"]["resources"].pop("scratch")
    manifest["spec"]["moved"] = [{"from": "local.directory.scratch", "to": "local.directory.renamed"}]
    attacked.manifest(manifest)
    refused(attacked, attacked.apply, "policy.mine")
    attacked.cli_refused(f"state mv local.directory.scratch local.directory.renamed --stack {STACK}", "policy.mine")


# The record.


@pytest.mark.parametrize("serial", [0, 10**6])
def test_a_state_pushed_with_a_serial_of_one_s_own(attacked, serial):
    attacked.apply()
    document = json.loads(exported(attacked))
    document["serial"] = serial
    text = json.dumps(document)
    for force in (True, False) if serial else (True,):
        with attacked.open() as project:
            refused(
                attacked,
                lambda project=project, force=force: project.push_state(
                    DeploymentKey(STACK), read_export(text, "x"), force=force
                ),
                KINDS,
            )


def test_a_refresh_by_another_actor(attacked, monkeypatch):
    attacked.apply()
    monkeypatch.setenv("LOGNAME", "eve")
    with attacked.open() as project:
        refused(attacked, lambda: project.refresh(project.look(STACK)), WHO)


def test_another_project_on_the_same_state_has_policies_of_its_own(attacked, tmp_path):
    """Whoever may write a state is held by the policies of the project that he comes from, as docs/policy.md says."""
    attacked.apply()
    other = Attacked(tmp_path / "other", attacked._capsys)
    other.policies({}, state={"url": f"sqlite:///{attacked.root}/.flowyml/state.db"})
    other.edit("spec", "runtime", "docker_image", value="evil.io/x:1")
    other.apply()
    attacked.edit("spec", "runtime", "docker_image", value="evil.io/x:1")
    refused(attacked, attacked.apply, REGISTRIES)


MISTYPED = {
    "a section": ({"alowed_stacks": ["x"]}, "definition.unknown_key"),
    "a rule": ({**POLICIES, "rules": {"publik_access": {}}}, "policy.invalid"),
    "no value": ({"rules": None}, NO_VALUE),
    "no value for a rule": ({"rules": {"public_access": None}}, "policy.invalid"),
}


@pytest.mark.parametrize(("policies", "why"), MISTYPED.values(), ids=MISTYPED)
def test_a_mistyped_policy_does_not_open_the_gate(attacked, policies, why):
    attacked.policies(policies)
    refused(attacked, attacked.apply, why)


SPELLINGS = {
    "a section given twice": ("allowed_stacks: [x]\n  allowed_stacks: ['*']", "definition.duplicate_key"),
    "a merge key under what is said": ("<<: {allowed_stacks: ['*']}\n  allowed_stacks: [x]", NAMES),
    "a severity from a merge key": (
        "rules: {no: {<<: {severity: warn}, rule: allowed_stacks, names: [x], severity: deny}}",
        "policy.no",
    ),
}


@pytest.mark.parametrize(("text", "why"), SPELLINGS.values(), ids=SPELLINGS)
def test_a_policy_written_so_that_it_reads_otherwise_than_it_looks(attacked, text, why):
    attacked.write("flowyml.yaml", f"project: {{name: a, org: b}}\npolicies:\n  {text}\n")
    refused(attacked, attacked.apply, why)


@pytest.mark.parametrize("env", ["Production", "productiоn", "production ", "other"])  # noqa: RUF001
def test_an_environment_that_only_looks_like_one_with_a_rule(attacked, env):
    attacked.policies({**POLICIES, "rules": {"none": {"rule": "who_may_apply", "actors": ["nobody"]}}})
    refused(attacked, lambda: attacked.apply(env=env), "resolution.unknown_environment")
    refused(attacked, lambda: attacked.apply(env="production"), "policy.none")


def refused(attacked: Attacked, attempt: Callable[[], object], *why: str) -> None:
    """``attempt`` fails for these reasons and for no other, and what is recorded is what it was."""
    before = attacked.recorded() if (attacked.root / ".flowyml/state.db").exists() else None
    with pytest.raises(InfraError) as caught:
        attempt()
    assert reasons(caught.value) == set(why)
    after = attacked.recorded() if (attacked.root / ".flowyml/state.db").exists() else None
    assert not after or after == before


def reasons(error: InfraError) -> set[str]:
    """The rules that refused or the mistakes that were found; the error's own code where it lists none."""
    return {problem.code for problem in error.diagnostics} or {error.code}
