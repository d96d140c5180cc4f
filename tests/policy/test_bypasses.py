"""Attempts to get past the policies: every one of them is refused, and leaves nothing behind.

The project allows the stack ``prod-data``, labelled, in regions of its own words, with images from one registry. Each
attempt changes one thing about a project in which all is well, or goes around the front door.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from flowyml_infra import Pipeline, step
from flowyml_infra.apply.applying import Workplace, carry_out
from flowyml_infra.cli.main import execute
from flowyml_infra.errors import InfraError, PolicyDeniedError, StalePlanError
from flowyml_infra.plan.plan import PlanOptions
from flowyml_infra.policy.gate import ApprovedPlan, Gate
from flowyml_infra.policy.policy_set import PolicySet
from flowyml_infra.project import Project
from flowyml_infra.resources.compiled import Adoption
from flowyml_infra.state.key import DeploymentKey
from flowyml_infra.state.push import read_export

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


class Attacked:
    """The project, and what an attacker does with it."""

    def __init__(self, root: Path) -> None:
        self.root = root
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

    def cli(self, line: str) -> int:
        return execute([*line.split(), "--project", str(self.root)])

    def recorded(self) -> dict[str, object]:
        with self.open() as project:
            return {
                str(key): [row.properties_json for row in project.reader().snapshot(key).rows.values()]
                for key in project.reader().deployments()
            }


@pytest.fixture
def attacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Attacked:
    for name in [name for name in os.environ if name.startswith(("FLOWYML_", "GITHUB_", "GITLAB_", "CI"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("FLOWYML_STATE_KEY", "a passphrase that only tests use")
    monkeypatch.setenv("LOGNAME", "tester")
    monkeypatch.chdir(tmp_path)
    return Attacked(tmp_path / "project")


def test_the_project_itself_is_allowed(attacked):
    attacked.apply()
    assert attacked.recorded()


# Definitions that break a rule in a way that should not show.

LOOK_ALIKES = {
    "a Cyrillic letter": "рrod-data",  # noqa: RUF001
    "a full-width letter": "ｐrod-data",  # noqa: RUF001
    "capitals": "Prod-data",
    "a soft hyphen": "prod\u00ad-data",
    "a zero-width joiner": "prod\u200d-data",
    "another hyphen": "prod‐data",  # noqa: RUF001
    "a space in front": " prod-data",
    "a name with a new line": "prod-data\nx",
    "a pattern as a name": "prod-*",
    "a path as a name": "../prod-data",
    "the built-in stack's name": "local",
    "another name": "data",
    "the right name at the end": "my-prod-data",
}


@pytest.mark.parametrize("name", LOOK_ALIKES.values(), ids=LOOK_ALIKES)
def test_a_name_that_looks_like_an_allowed_one(attacked, name):
    attacked.edit("metadata", "name", value=name)
    refused(attacked, lambda: attacked.apply("stacks/prod-data.yaml"))


LABELS = {
    "none": {},
    "empty": {"team": ""},
    "blank": {"team": "  "},
    "another value": {"team": "web"},
    "a look-alike of the key": {"tеam": "ml"},  # noqa: RUF001
    "a look-alike of the value": {"team": "mⅼ"},  # noqa: RUF001
    "capitals": {"Team": "ml"},
    "a list of values": {"team": ["ml"]},
    "a value with a space": {"team": "ml "},
}


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_labels_that_only_look_right(attacked, labels):
    attacked.edit("metadata", "labels", value=labels)
    refused(attacked, attacked.apply)


IMAGES = {
    "elsewhere": "evil.io/acme/train:1",
    "the hub": "acme/train:1",
    "a longer project": "gcr.io/acme-evil/train:1",
    "a longer host": "gcr.io.evil.com/acme/train:1",
    "a host in the path": "evil.io/gcr.io/acme/train:1",
    "a way up": "gcr.io/acme/../evil/train:1",
    "an encoded way up": "gcr.io/acme%2f..%2fevil/train:1",
    "another port": "gcr.io:5000/acme/train:1",
    "a user before the host": "gcr.io/acme@evil.io/train:1",
    "a scheme": "https://gcr.io/acme/train:1",
    "a look-alike": "gcr.iо/acme/train:1",  # noqa: RUF001
    "a tag that moves": "gcr.io/acme/train:latest",
    "a tag that moves in capitals": "gcr.io/acme/train:LATEST",
    "no tag": "gcr.io/acme/train",
    "an image id": "a" * 64,
}


@pytest.mark.parametrize("image", IMAGES.values(), ids=IMAGES)
def test_an_image_from_elsewhere_in_the_definition(attacked, image):
    attacked.edit("spec", "runtime", "docker_image", value=image)
    refused(attacked, attacked.apply)


@pytest.mark.parametrize("image", [*IMAGES.values(), ""], ids=[*IMAGES, "nothing"])
def test_an_image_from_elsewhere_for_a_run(attacked, image):
    attacked.apply()
    refused(attacked, lambda: bind(attacked, image=image))


def bind(attacked: Attacked, stack: str = STACK, **options: Any) -> object:
    from flowyml_infra.project.binding import bind_stack

    return bind_stack(stack, None, project_root=attacked.root, **options)


# Things that are written so that a rule would not see them.


def test_a_forbidden_kind(attacked):
    attacked.edit("spec", "resources", "images", value={"kind": "oci_registry", "path": "images"})
    refused(attacked, attacked.apply)


def test_a_forbidden_kind_behind_an_alias(attacked):
    text = yaml.safe_dump(MANIFEST) + "  moved: []\n"
    attacked.write(
        "stacks/prod-data.yaml", text.replace("kind: directory", "kind: &k oci_registry\n      labels: {x: *k}")
    )
    refused(attacked, attacked.apply)


def test_a_forbidden_kind_through_a_merge_key(attacked):
    text = yaml.safe_dump(MANIFEST)
    base = "    base: &base {kind: oci_registry, path: images}\n    other: {<<: *base, path: more}\n"
    attacked.write("stacks/prod-data.yaml", text.replace("  resources:\n", "  resources:\n" + base))
    refused(attacked, attacked.apply)


def test_a_label_written_twice(attacked):
    text = yaml.safe_dump(MANIFEST).replace("    team: ml\n", "    team: ml\n    team: web\n")
    attacked.write("stacks/prod-data.yaml", text)
    refused(attacked, attacked.apply)


def test_a_second_document_in_the_manifest(attacked):
    other = json.loads(json.dumps(MANIFEST))
    other["metadata"]["name"] = "evil"
    attacked.write("stacks/prod-data.yaml", yaml.safe_dump(MANIFEST) + "---\n" + yaml.safe_dump(other))
    refused(attacked, lambda: attacked.apply("evil"))


def test_a_thing_that_is_said_to_exist_already(attacked):
    store = {"uri": "file:///evil/artifacts", "existing": True}
    attacked.edit("spec", "storage", "artifact_store", value=store)
    refused(attacked, attacked.apply)


def test_a_registry_that_is_said_to_exist_already(attacked):
    attacked.edit("spec", "registry", value={"uri": "evil.io/acme", "existing": True})
    refused(attacked, attacked.apply)


def test_the_forbidden_thing_left_for_later_with_a_target(attacked):
    attacked.edit("spec", "resources", "images", value={"kind": "oci_registry", "path": "images"})
    from flowyml_infra.address import Address

    attacked.apply(options=PlanOptions(excludes=(Address("local.oci_registry.images"),)))
    before = attacked.recorded()
    with pytest.raises(PolicyDeniedError):
        attacked.apply(options=PlanOptions(targets=(Address("local.oci_registry.images"),)))
    assert attacked.recorded() == before


def test_a_replacement_of_what_keeps_data(attacked):
    attacked.apply()
    from flowyml_infra.address import Address

    options = PlanOptions(replace=(Address("local.directory.scratch"),))
    refused(attacked, lambda: attacked.apply(options=options))


# Environments and variables.


def test_an_override_of_an_environment(attacked):
    overrides = {"metadata": {"labels": {"team": "web"}}}
    attacked.policies(POLICIES, environments={"loose": {"stack": STACK, "overrides": overrides}})
    refused(attacked, lambda: attacked.apply(env="loose"))


def test_an_override_of_the_image(attacked):
    overrides = {"spec": {"runtime": {"docker_image": "evil.io/x:1"}}}
    attacked.policies(POLICIES, environments={"loose": {"stack": STACK, "overrides": overrides}})
    refused(attacked, lambda: attacked.apply(env="loose"))


def test_policies_of_an_environment_or_a_stack(attacked):
    attacked.edit("spec", "policies", value={"allowed_stacks": ["*"]})
    refused(attacked, attacked.apply)
    attacked.manifest(MANIFEST)
    attacked.policies(POLICIES, environments={"loose": {"stack": STACK, "overrides": {"policies": {}}}})
    refused(attacked, lambda: attacked.apply(env="loose"))


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
    refused(attacked, attacked.apply)


def test_an_image_from_a_variable(attacked, monkeypatch):
    monkeypatch.setenv("TRAIN_IMAGE", "evil.io/x:1")
    attacked.edit("spec", "runtime", "docker_image", value="${TRAIN_IMAGE}")
    refused(attacked, attacked.apply)


def test_an_image_from_a_variable_that_changes_after_the_plan(attacked, monkeypatch):
    monkeypatch.setenv("TRAIN_IMAGE", IMAGE)
    attacked.edit("spec", "runtime", "docker_image", value="${TRAIN_IMAGE}")
    attacked.apply()
    monkeypatch.setenv("TRAIN_IMAGE", "evil.io/x:1")
    refused(attacked, lambda: bind(attacked))


def test_another_actor(attacked, monkeypatch):
    monkeypatch.setenv("LOGNAME", "eve")
    refused(attacked, attacked.apply)


def test_another_actor_after_the_plan(attacked, monkeypatch):
    refused(attacked, lambda: attacked.apply(between=lambda: monkeypatch.setenv("LOGNAME", "eve")))


def test_another_actor_destroys(attacked, monkeypatch):
    attacked.apply()
    monkeypatch.setenv("LOGNAME", "eve")
    refused(attacked, lambda: attacked.apply(options=PlanOptions(destroy=True)))
    assert attacked.cli(f"destroy {STACK} --auto-approve") == 3


def test_another_project_without_policies(attacked, tmp_path):
    attacked.apply()
    other = tmp_path / "other"
    (other / "stacks").mkdir(parents=True)
    (other / "flowyml.yaml").write_text("project: {name: a, org: b}\n")
    attacked.edit("spec", "runtime", "docker_image", value="evil.io/x:1")
    (other / "stacks/x.yaml").write_text((attacked.root / "stacks/prod-data.yaml").read_text())
    refused(attacked, lambda: bind(attacked))


# Between plan and apply.

SWAPS: dict[str, Callable[[Attacked], object]] = {
    "the manifest": lambda it: it.edit("spec", "runtime", "docker_image", value="evil.io/x:1"),
    "the policies, loosened": lambda it: it.policies({**POLICIES, "allowed_stacks": ["*"]}),
    "the policies, tightened": lambda it: it.policies({**POLICIES, "allowed_stacks": ["x"]}),
    "no policies at all": lambda it: it.policies({}),
    "the shared policy": lambda it: it.write("policies/org.yaml", ORG.replace("local.sqlite", '"*"')),
    "the shared policy, emptied": lambda it: it.write("policies/org.yaml", "rules: {}\n"),
    "the shared policy, removed": lambda it: (it.root / "policies/org.yaml").unlink(),
    "a waiver": lambda it: it.write("flowyml.waivers.yaml", waiver("org/trusted")),
}


@pytest.mark.parametrize("swap", SWAPS.values(), ids=SWAPS)
def test_something_swapped_between_plan_and_apply(attacked, swap):
    refused(attacked, lambda: attacked.apply(between=lambda: swap(attacked)))


@pytest.mark.parametrize("swap", SWAPS.values(), ids=SWAPS)
def test_something_swapped_before_a_saved_plan_is_applied(attacked, swap):
    attacked.saved()
    swap(attacked)
    refused(attacked, attacked.apply_saved)


def waiver(rule: str, **changed: str) -> str:
    entry = {"rule": rule, "stack": STACK, "environment": "default", "who": "eve", "why": "x", "until": "2999-01-01"}
    return yaml.safe_dump({"waivers": [{**entry, **changed}]})


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text.replace(b"gcr.io/acme/train:1", b"evil.io/acme/train:1"),
        lambda text: text.replace(b"allowed_stacks", b"allowed_stakcs"),
        lambda text: text.replace(b"allow", b"deny_"),
        lambda text: text[:-2],
        lambda text: text + b"{}",
    ],
    ids=["image", "policies", "decision", "cut", "more"],
)
def test_a_saved_plan_that_was_edited(attacked, edit):
    path = attacked.saved()
    edited = edit(path.read_bytes())
    assert edited != path.read_bytes()
    path.write_bytes(edited)
    refused(attacked, attacked.apply_saved)


def test_a_saved_plan_used_twice(attacked):
    attacked.saved()
    attacked.apply_saved()
    refused(attacked, attacked.apply_saved)


# Waivers.

WAIVERS = {
    "a rule that cannot be waived": waiver("org/kinds"),
    "every rule": waiver("*"),
    "one that ran out": waiver("org/trusted", until="2001-01-01"),
    "every stack": waiver("org/trusted", stack="*"),
    "another environment": waiver("org/trusted", environment="dev"),
    "without a name": waiver("org/trusted", who=""),
    "without an end": waiver("org/trusted", until="never"),
    "the rule's own name": waiver("existing_components"),
}


@pytest.mark.parametrize("text", WAIVERS.values(), ids=WAIVERS)
def test_a_waiver_that_does_not_count(attacked, text):
    attacked.edit("spec", "storage", "artifact_store", value={"uri": "file:///evil", "existing": True})
    attacked.write("flowyml.waivers.yaml", text)
    refused(attacked, attacked.apply)


# Around the front door.


def test_a_state_with_a_forbidden_thing_pushed(attacked):
    attacked.apply()
    refused(attacked, lambda: pushed(attacked))
    exported(attacked)
    assert attacked.cli(f"state push {attacked.root / 'export.json'} --auto-approve --force") == 3


def exported(attacked: Attacked) -> str:
    from flowyml_infra.state.edits import pull

    with attacked.open() as project:
        document = pull(project.reader(), DeploymentKey(STACK))
    evil = json.loads(json.dumps(document["resources"][0]))
    evil.update(address="local.oci_registry.images", properties={"path": "x"}, outputs={}, component=None)
    document["resources"].append(evil)
    text = json.dumps(document)
    attacked.write("export.json", text)
    return text


def pushed(attacked: Attacked) -> None:
    export = read_export(exported(attacked), "x")
    with attacked.open() as project:
        project.push_state(DeploymentKey(STACK), export, force=True)


def test_a_state_pushed_by_another_actor(attacked, monkeypatch):
    attacked.apply()
    monkeypatch.setenv("LOGNAME", "eve")
    refused(attacked, lambda: pushed(attacked))


def test_a_forbidden_thing_imported(attacked):
    attacked.apply()
    attacked.edit("spec", "resources", "images", value={"kind": "oci_registry", "path": "images"})
    address = "local.oci_registry.images"
    from flowyml_infra.address import Address

    imports = (Adoption(Address(address), "images"),)
    refused(attacked, lambda: attacked.apply(imports=imports))
    assert attacked.cli(f"state import {address} images --stack {STACK} --auto-approve") == 3


def test_a_forbidden_thing_imported_by_the_definition(attacked):
    manifest = json.loads(json.dumps(MANIFEST))
    manifest["spec"]["resources"]["images"] = {"kind": "oci_registry", "path": "images"}
    manifest["spec"]["imports"] = [{"to": "local.oci_registry.images", "id": "images"}]
    attacked.manifest(manifest)
    refused(attacked, attacked.apply)


@step
def train() -> int:
    return 1


def test_a_pipeline_on_a_stack_that_is_not_allowed(attacked):
    from flowyml_infra.stacks import LocalStack

    stack = LocalStack(name="evil", artifact_path=str(attacked.root / "a"), metadata_path=str(attacked.root / "m.db"))
    os.chdir(attacked.root)
    pipeline = Pipeline("train", stack=stack)
    pipeline.add_step(train)
    refused(attacked, pipeline.run)


def test_a_plan_approved_by_no_gate(attacked):
    with attacked.open() as project:
        planned = project.plan(STACK)
        forged = object.__new__(ApprovedPlan)
        facts = {"plan": planned.plan, "decision": planned.decision, "plan_digest": planned.plan.digest}
        for name, value in {**facts, "policy_digest": planned.plan.bindings.policy_digest}.items():
            object.__setattr__(forged, name, value)
        refused(attacked, lambda: carry_out(forged, place(project)))


def place(project: Project) -> Workplace:
    return Workplace(project.store(), {}, project.root, None, "eve", lambda: None)  # type: ignore[arg-type]


def test_a_gate_of_one_s_own(attacked):
    attacked.edit("spec", "runtime", "docker_image", value="evil.io/x:1")
    with attacked.open() as project:
        plan = project.plan(STACK).plan
    with pytest.raises(StalePlanError):
        Gate(PolicySet()).approve(plan)


def test_a_decision_of_one_s_own(attacked):
    attacked.edit("spec", "runtime", "docker_image", value="evil.io/x:1")

    def forge() -> None:
        with attacked.open() as project:
            planned = project.plan(STACK)
            allowed = replace(planned.decision, findings=())
            assert allowed.outcome == "allow"
            project.apply(replace(planned, decision=allowed))

    refused(attacked, forge)


def test_policies_of_one_s_own_in_the_plan(attacked):
    attacked.edit("spec", "runtime", "docker_image", value="evil.io/x:1")

    def forge() -> None:
        with attacked.open() as project:
            planned = project.plan(STACK)
            lax = replace(planned.plan, compiled=replace(planned.plan.compiled, policies={}))
            project.apply(replace(planned, plan=lax))

    refused(attacked, forge)


def test_a_definition_given_as_an_object(attacked):
    from flowyml_infra.stacks.enterprise.resolver import StackResolver

    attacked.edit("spec", "runtime", "docker_image", value="evil.io/x:1")
    definition = StackResolver(attacked.root).resolve(STACK)
    refused(attacked, lambda: attacked.apply(definition))


def test_a_mistyped_policy_does_not_open_the_gate(attacked):
    for policies in ({"alowed_stacks": ["x"]}, {**POLICIES, "rules": {"publik_access": {}}}, {"rules": None}):
        attacked.policies(policies)
        refused(attacked, attacked.apply)


def refused(attacked: Attacked, attempt: Callable[[], object]) -> None:
    """``attempt`` fails with an error that says why, and what is recorded is what it was."""
    before = attacked.recorded() if (attacked.root / ".flowyml/state.db").exists() else None
    with pytest.raises(InfraError):
        attempt()
    after = attacked.recorded() if (attacked.root / ".flowyml/state.db").exists() else None
    assert not after or after == before
