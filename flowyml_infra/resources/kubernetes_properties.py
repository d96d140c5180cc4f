"""Owns the properties that kinds in a cluster share: name, namespace, labels and context, and those of a volume."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import component_output, name_property, number, tags_property, text
from flowyml_infra.resources.derivation import FromLocation
from flowyml_infra.resources.facts.kubernetes import NAMESPACE_NAME, OBJECT_NAME
from flowyml_infra.resources.transition import Transition, shrinks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from flowyml_infra.resources.child import ChildType
    from flowyml_infra.resources.kind import Kind, Output
    from flowyml_infra.resources.naming import NameRule
    from flowyml_infra.resources.property import Property
    from flowyml_infra.resources.values import Json

_EXPANDING = "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#expanding-persistent-volumes-claims"
_LONGEST = 63
"""Characters of a label's value, and of its name after the slash."""
_WORD: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", re.ASCII)

KUBE_CONTEXT: Final = text(
    "kube_context",
    "The context of the kubeconfig that the engine uses; without one, the current.",
    # It may be called otherwise on the next machine, so it says nothing about what is there.
    stored=False,
    derived=FromLocation("kube_context"),
)
"""Which cluster it is in, as this machine calls it."""


def cluster_kind(
    name: str,
    summary: str,
    *,
    rule: NameRule,
    called: str,
    properties: Sequence[Property],
    outputs: Sequence[Output],
    children: Sequence[ChildType],
    **rest: Any,  # noqa: ANN401 - the fields of Kind
) -> Kind:
    """A kind in a namespace, all of whose objects have one name, by ``rule``; ``called`` describes that property."""
    return cloud_kind(
        name,
        summary,
        properties=(
            name_property(rule, called, feeds=_of_each(children, "name")),
            _namespace_property(children),
            *properties,
            labels_property(children),
            KUBE_CONTEXT,
        ),
        outputs=outputs,
        children=children,
        **{"identity": ("name", "namespace"), "located_by": "name", **rest},
    )


def labels_property(children: Iterable[ChildType]) -> Property:
    """The labels of what a resource is made of; those of this library are added."""
    return replace(tags_property("kubernetes", feeds=_of_each(children, "labels"), name="labels"), check=labels_problem)


def size_property(description: str, **rest: Any) -> Property:  # noqa: ANN401 - the fields of Property
    """The size of the volume that the child ``claim`` is."""
    return number(
        "size",
        description,
        "claim.spec.resources.requests.storage",
        unit="GiB",
        bounds=(1, 65_536),
        transitions=(
            Transition("refuse", shrinks, "cannot shrink", "leave it, or move the data to a new one", _EXPANDING),
        ),
        **rest,
    )


def storage_class_property(*feeds: str, **rest: Any) -> Property:  # noqa: ANN401 - the fields of Property
    """The class of a volume, which stays as long as the volume does."""
    return text(
        "storage_class",
        "The storage class of its volume; without one, the cluster's default.",
        *feeds,
        derived=FromLocation("storage_class"),
        check=_class_problem,
        **rest,
    )


def namespace_problem(value: Json) -> str | None:
    """What is wrong with the name of a namespace, as a clause."""
    return NAMESPACE_NAME.problem(str(value))


def labels_problem(value: Json) -> str | None:
    """What is wrong with labels, as a clause.

    Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set.
    """
    for name, content in value.items() if isinstance(value, dict) else ():
        clause = key_problem(name)
        if clause is not None:
            return clause
        if isinstance(content, str) and content and not _is_word(content):
            wanted = f"{_LONGEST} letters, digits, '.', '_' and '-' are allowed, a letter or digit at both ends"
            return f"has the value {content!r} at {name}; {wanted}"
    return None


def annotations_problem(value: Json) -> str | None:
    """What is wrong with annotations, as a clause; their values may be any text."""
    clauses = (key_problem(name) for name in (value if isinstance(value, dict) else ()))
    return next((clause for clause in clauses if clause is not None), None)


def key_problem(name: str) -> str | None:
    """What is wrong with the name of a label or an annotation: ``NAME``, or ``DOMAIN/NAME``."""
    domain, slash, word = name.rpartition("/")
    if _is_word(word) and (not slash or OBJECT_NAME.problem(domain) is None):
        return None
    wanted = f"it reads NAME or DOMAIN/NAME, a name having {_LONGEST} letters, digits, '.', '_' and '-' at most"
    return f"has the name {name!r}; {wanted}"


def _namespace_property(children: Iterable[ChildType]) -> Property:
    return component_output(
        "compute",
        "name",
        *_of_each(children, "namespace"),
        name="namespace",
        kind="namespace",
        description="The namespace it is in.",
        otherwise=FromLocation("namespace"),
        required=True,
        check=namespace_problem,
    )


def _class_problem(value: Json) -> str | None:
    return OBJECT_NAME.problem(str(value))


def _is_word(content: str) -> bool:
    return len(content) <= _LONGEST and _WORD.fullmatch(content) is not None


def _of_each(children: Iterable[ChildType], field: str) -> tuple[str, ...]:
    return tuple(f"{child.name}.metadata.{field}" for child in children)
