"""Hypothesis strategies for values, graphs and compiled definitions."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from flowyml_infra.address import Address
from flowyml_infra.diagnostics import Diagnostic, Location
from flowyml_infra.resources.compiled import Compiled, Move
from flowyml_infra.resources.graph import Graph
from flowyml_infra.resources.spec import Lifecycle, ResourceSpec, spec_digest
from flowyml_infra.resources.values import Reference, Sealed, StackReference, Template, Unknown, Variable, leaves

names = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True)
texts = st.text(max_size=12)
addresses = st.builds(lambda kind, name: Address(f"local.{kind}.{name}"), st.sampled_from(["directory", "x"]), names)
scalars = st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats(allow_nan=False) | texts
references = st.builds(Reference, addresses, names)
stack_references = st.builds(StackReference, names, names, names)
variables = st.builds(Variable, names, st.none() | texts)
parts = st.lists(texts | references | stack_references | variables, min_size=1, max_size=4).map(tuple)
stored_leaves = (
    references
    | stack_references
    | variables
    | st.builds(Template, parts)
    | st.builds(Sealed, texts, texts)
    | st.builds(Unknown, st.sampled_from(["string", "mapping"]))
)
plain_keys = st.text(max_size=8).filter(lambda key: not key.startswith("$"))


def nested(scalar: Any, keys: Any = plain_keys) -> Any:
    return st.recursive(
        scalar, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=6
    )


values = nested(scalars | stored_leaves)
documents = st.dictionaries(plain_keys, nested(scalars), max_size=4)
locations = st.none() | st.builds(Location, texts, st.none() | st.integers(1, 99), st.none() | st.integers(1, 99))
lifecycles = st.builds(
    Lifecycle,
    st.booleans(),
    st.sampled_from(["delete", "retain"]),
    st.lists(names, max_size=2).map(tuple),
    st.booleans(),
)
warnings = st.builds(
    Diagnostic,
    st.sampled_from(["warning", "info"]),
    names,
    texts,
    texts,
    st.none() | addresses.map(str),
    locations,
    st.none() | texts,
)


@st.composite
def specs(draw: Any, address: Address, before: list[Address]) -> ResourceSpec:
    properties = draw(st.dictionaries(names, values, max_size=4))
    depends_on = tuple(sorted(draw(st.sets(st.sampled_from(before), max_size=3)))) if before else ()
    lifecycle = draw(lifecycles)
    return ResourceSpec(
        address,
        properties,
        depends_on,
        lifecycle,
        draw(st.none() | names),
        draw(locations),
        spec_digest(properties, depends_on, lifecycle),
        any(True for _ in leaves(properties)),
    )


@st.composite
def graphs(draw: Any) -> Graph:
    """A graph whose declarations come in any order."""
    chosen = draw(st.lists(addresses, unique=True, max_size=8))
    made = [draw(specs(address, chosen[:index])) for index, address in enumerate(chosen)]
    return Graph.of(draw(st.permutations(made)))


compiled_definitions = st.builds(
    Compiled,
    name=names,
    environment=names,
    version=st.none() | texts,
    labels=st.dictionaries(texts, texts, max_size=3),
    provider=names,
    image=st.none() | texts,
    source=texts,
    source_digest=texts,
    definition_digest=texts,
    document=documents,
    graph=graphs(),
    outputs=st.dictionaries(names, st.dictionaries(names, values, max_size=3), max_size=3),
    moved=st.lists(st.builds(Move, addresses, addresses), max_size=2).map(tuple),
    protected=st.booleans(),
    policies=documents,
    warnings=st.lists(warnings, max_size=2).map(tuple),
)
