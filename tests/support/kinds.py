"""A kind that only tests know: like Terraform's terraform_data, it keeps an input and is replaced by a trigger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from flowyml_infra.resources import catalogue
from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.derivation import FromName
from flowyml_infra.resources.facts.type_facts import TypeFacts
from flowyml_infra.resources.kind import Kind, Output
from flowyml_infra.resources.naming import NameRule
from flowyml_infra.resources.property import Property
from flowyml_infra.resources.transition import ANY_ORDER, Transition, shrinks

DATA = Kind(
    provider="local",
    name="data",
    summary="Keeps a value.",
    engine="local",
    properties=(
        Property("input", "string", "Any value.", default=None),
        Property("labels", "mapping", "Any labels.", default={}),
        Property("token", "string", "A secret.", default=None, sensitive=True),
        Property("trigger", "string", "A change replaces the resource.", default=None, replaces=True),
    ),
    outputs=(
        Output("id", "string", "Made once."),
        Output("output", "string", "The input.", follows=("input",)),
    ),
    located_by="tag",
)

NAMED = Kind(
    provider="local",
    name="named",
    summary="Has a name that two of them cannot share.",
    engine="local",
    properties=(
        Property("path", "string", "Its name.", required=True, replaces=True),
        Property("size", "integer", "Its size.", default=1, replaces=True),
    ),
    outputs=(Output("id", "string", "Made once."),),
    located_by="tag",
    identity=("path",),
)

LABEL = NameRule(r"[a-z][a-z0-9-]*", longest=30, shortest=3, wording="lower-case letters, digits and hyphens")
MAIN = TypeFacts(
    "test:index:Main", "test.Main", replaces=("name", "zone"), in_place=("size",), name_input="name", create_minutes=2
)
POLICY = TypeFacts("test:index:Policy", "test.Policy", replaces=("text",), create_minutes=1)
STORE = TypeFacts("test:index:Store", "test.Store", replaces=("format",))

FAKE = cloud_kind(
    "local.fake",
    "A thing in a cloud that does not exist.",
    engine="local",
    properties=(
        Property("name", "string", "Its name.", derived=FromName(LABEL), feeds=("main.name",)),
        Property("zone", "string", "Where it is.", default="z1", feeds=("main.zone",)),
        Property(
            "size",
            "integer",
            "How big it is.",
            default=10,
            unit="GiB",
            minimum=1,
            maximum=100,
            feeds=("main.size",),
            transitions=(Transition("refuse", shrinks, "cannot shrink", "make a new one"),),
        ),
        Property(
            "grade",
            "string",
            "How good it is.",
            default="plain",
            transitions=(
                Transition("replace", lambda old, new, _: old == "fine" and new == "plain", "cannot go back"),
            ),
        ),
        Property("marks", "list", "What it is marked with.", default=[], transitions=(ANY_ORDER,)),
        Property("policy", "string", "Who may use it.", feeds=("policy.text",)),
        Property("format", "string", "How data are kept.", default="a", feeds=("store.format",)),
        Property(
            "open",
            "boolean",
            "Anybody may enter.",
            default=False,
            weakens=lambda value: "is on, so anybody may enter" if value else None,
        ),
    ),
    outputs=(Output("id", "string", "Made once."), Output("called", "string", "Its name.", echoes="name")),
    children=(
        ChildType("main", MAIN, primary=True),
        ChildType("policy", POLICY, made_if=lambda properties: properties.get("policy") is not None),
        ChildType("store", STORE, stateful=True),
    ),
    identity=("name",),
)
"""What kinds in clouds can do, in one: a made-up name, transitions, children that come, change and go."""


def forget(patch: pytest.MonkeyPatch, *providers: str) -> None:
    """Have the catalogue without the kinds of these providers, as a version was that did not have them yet."""
    # Whole tables are exchanged: an entry that is taken out and put back stands last, and their order counts.
    patch.setattr(catalogue, "NAMES", {name: kinds for name, kinds in catalogue.NAMES.items() if name not in providers})
    patch.setattr(
        catalogue, "KINDS", {id_: kind for id_, kind in catalogue.KINDS.items() if kind.provider not in providers}
    )


@contextmanager
def known(*kinds: Kind) -> Iterator[None]:
    """Have ``kinds`` in the catalogue for a while."""
    with pytest.MonkeyPatch.context() as patch:
        for kind in kinds:
            patch.setitem(catalogue.KINDS, kind.id, kind)
        yield
