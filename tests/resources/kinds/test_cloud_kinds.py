"""Every kind of every cloud: it fits the facts it is made of, and an edit of each property does what they say."""

from __future__ import annotations

from typing import Any

import pytest

from flowyml_infra.plan.consequences import refusals, updated_children
from flowyml_infra.plan.diff import diff
from flowyml_infra.resources.catalogue import every_kind
from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.derivation import FromComponent, FromKind, FromLocation, FromName, FromProtection, FromTags
from flowyml_infra.resources.kind import Kind
from flowyml_infra.resources.property import Property
from flowyml_infra.resources.values import Value

CLOUD = {kind.id: kind for kind in every_kind() if kind.engine == "pulumi"}
KINDS = pytest.mark.parametrize("kind", CLOUD.values(), ids=CLOUD)
PAIRS = [(kind, item) for kind in CLOUD.values() for item in kind.properties]
PROPERTIES = pytest.mark.parametrize(("kind", "item"), PAIRS, ids=[f"{kind.id}.{item.name}" for kind, item in PAIRS])


def child(kind: Kind, name: str) -> ChildType:
    return next(item for item in kind.children if item.name == name)


_SAMPLES: dict[str, Value] = {
    "version": "1.33",
    "kms_key": "https://keys.vault.azure.net/keys/main",
    "kubernetes_account": "ml/trainer",
    "tenant_id": "72f988bf-86f1-41af-91ab-2d7cd011db47",
    "cpu": "4",
    "memory": "8Gi",
    "storage": "100Gi",
    "image": "docker.io/library/postgres:16",
    "backend_uri": "postgresql://host/runs",
}
"""Where there is no default and any text will not do, by property."""
_EDITS: dict[str, Value] = {
    "cidr": "10.9.0.0/16",
    "machine_type": "other",
    "roles": ["roles/viewer"],
    "engine_version": "17",
}
"""Where a little more of the same will not do, by ``provider.kind.property`` or by property."""


_RENEWED = {
    "aws.network": ("zones",),
    "kubernetes.database": ("storage_class",),
    "kubernetes.object_store": ("storage_class",),
}
"""Properties that make a new resource though no input of the primary child does."""


def sample(item: Property) -> Value:
    """A value that the property may have."""
    match item.derived:
        case FromName(rule):
            return rule.generate(["stack", item.name], ["sample"])
        case FromTags():
            return {"a": "b"}
        case FromLocation() | FromProtection() | FromComponent() | FromKind() | None:
            pass
    if item.default is not None:
        return item.default  # type: ignore[return-value]
    if item.name in _SAMPLES:
        return _SAMPLES[item.name]
    empty: dict[str, Any] = {"string": "sample", "integer": item.minimum or 1, "boolean": False}
    return empty.get(item.type, {} if item.type == "mapping" else [])  # type: ignore[no-any-return]


def edited(item: Property, value: Value) -> Value:
    """Another value that the property may have."""
    if item.name in _EDITS:
        return _EDITS[item.name]
    if item.choices:
        return next(choice for choice in item.choices if choice != value)
    match value:
        case bool():
            return not value
        case int():
            return value + 1 if item.maximum is None or value < item.maximum else value - 1
        case str():
            return f"{value}x"
        case list():
            return [*value, "more"]
        case dict():
            return {**value, "more": "x"}
    raise AssertionError(value)


def whole(kind: Kind) -> dict[str, Value]:
    return {item.name: sample(item) for item in kind.properties}


@KINDS
def test_it_has_one_primary_child_and_says_what_it_is(kind: Kind) -> None:
    assert sum(item.primary for item in kind.children) == 1
    assert kind.summary.endswith(".")
    assert kind.create_minutes > 0
    assert {item.name for item in kind.outputs} >= {"id"}
    assert {item.name for item in kind.properties} >= set(kind.identity)
    for output in kind.outputs:
        echoed = kind.property(output.echoes) if output.echoes else None
        assert output.echoes is None or (echoed is not None and echoed.type == output.type)
    assert kind.stateful == any(item.stateful for item in kind.children)


@KINDS
def test_every_input_that_its_children_need_is_set(kind: Kind) -> None:
    fed = {feed for item in kind.properties for feed in item.feeds}
    for item in kind.children:
        missing = {name for name in item.facts.required if f"{item.name}.{name}" not in fed} - set(item.given)
        assert not missing, f"{item.name} needs {missing}"
        if item.primary and item.facts.name_input:
            assert f"{item.name}.{item.facts.name_input}" in fed


@PROPERTIES
def test_what_it_feeds_is_known(kind: Kind, item: Property) -> None:
    assert item.feeds or not item.stored, "a property that sets nothing does nothing"
    for feed in item.feeds:
        name, _, path = feed.partition(".")
        facts = child(kind, name).facts
        inputs = {*facts.required, *facts.replaces, *facts.sometimes, *facts.refused, *facts.in_place}
        assert path in inputs or any(path.startswith(f"{known}.") for known in inputs), feed


@PROPERTIES
def test_its_sample_passes_its_own_checks_and_its_default_is_as_safe_as_can_be(kind: Kind, item: Property) -> None:
    value = sample(item)
    if isinstance(value, int) and not isinstance(value, bool):
        assert (item.minimum or 0) <= value <= (item.maximum or value)
    assert item.check is None or item.check(value) is None  # type: ignore[arg-type]
    assert item.weakens is None or item.weakens(value) is None  # type: ignore[arg-type]
    assert item.sensitive or item.public or item.derived is not None


@PROPERTIES
def test_an_edit_does_what_the_facts_say(kind: Kind, item: Property) -> None:
    before = whole(kind)
    after = {**before, item.name: edited(item, before[item.name])}
    fields = diff(before, after, kind, lambda value: str(value))
    primary = next(part for part in kind.children if part.primary)
    inputs = [feed.partition(".")[2] for feed in item.feeds if feed.partition(".")[0] == primary.name]
    expected = any(primary.facts.makes_new(path) for path in inputs) or item.name in _RENEWED.get(kind.id, ())
    conditional = kind.transition(item.name, "replace", before, after) is not None
    assert bool(fields) == (kind.transition(item.name, "keep", before, after) is None)
    assert all(found.forces_replacement == (expected or conditional) for found in fields)
    refused = kind.transition(item.name, "refuse", before, after) is not None
    assert bool(refusals(kind, fields, before, after)) == (refused and bool(fields))


@PROPERTIES
def test_an_edit_shows_at_the_children_that_it_reaches(kind: Kind, item: Property) -> None:
    before = whole(kind)
    after = {**before, item.name: edited(item, before[item.name])}
    fields = diff(before, after, kind, lambda value: str(value))
    found = {part.child.name: part.action for part in updated_children(kind, fields, before, after)}
    reached = {feed.partition(".")[0] for feed in item.feeds} & set(found)
    kept = kind.transition(item.name, "keep", before, after) is not None
    assert all((found[name] == "noop") == kept for name in reached)
    assert all(action in ("noop", "create", "delete") for name, action in found.items() if name not in reached)


@pytest.mark.parametrize(
    ("kind", "rule"),
    [(kind, item.derived.rule) for kind, item in PAIRS if isinstance(item.derived, FromName)],
    ids=[kind.id for kind, item in PAIRS if isinstance(item.derived, FromName)],
)
def test_names_are_allowed_up_to_their_limits_and_no_further(kind: Kind, rule: Any) -> None:
    assert rule.problem("a" * rule.longest) is None
    assert rule.problem("a" * (rule.longest + 1)) is not None
    assert rule.problem("a" * rule.shortest) is None
    assert rule.problem("a" * (rule.shortest - 1)) is not None
    assert rule.problem("with space") is not None
