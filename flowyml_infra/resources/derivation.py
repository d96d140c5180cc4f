"""Owns the sorts of values that a property takes from around it when a manifest leaves it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from flowyml_infra.resources.naming import NameRule

PlaceKey = Literal[
    "region",
    "project_id",
    "account_id",
    "subscription_id",
    "resource_group",
    "namespace",
    "kube_context",
    "storage_class",
]
TagStyle = Literal["aws", "gcp", "azure", "kubernetes"]


@dataclass(frozen=True, slots=True)
class FromLocation:
    """``spec.location.KEY``, else flowyml.yaml, else the cloud's own environment variable.

    The storage class is written at ``spec.storage.storage_class``.
    """

    key: PlaceKey


@dataclass(frozen=True, slots=True)
class FromComponent:
    """An output of the resource that stands for a component of the same stack and provider.

    Without such a resource ``otherwise`` is asked, if there is one. A list gets it as its one entry.
    """

    component: str
    output: str
    kind: str | None = None
    otherwise: FromLocation | None = None


@dataclass(frozen=True, slots=True)
class FromKind:
    """An output of the one resource of a kind that the same stack declares, of the same provider.

    Without one, and with more than one, ``otherwise`` is asked.
    """

    kind: str
    output: str
    otherwise: FromLocation


@dataclass(frozen=True, slots=True)
class FromProtection:
    """``true`` in an environment that is protected, ``false`` elsewhere."""


@dataclass(frozen=True, slots=True)
class FromName:
    """A name that is made up; see :mod:`flowyml_infra.resources.naming`. A ``place`` that is said goes before it."""

    rule: NameRule
    place: PlaceKey | None = None


@dataclass(frozen=True, slots=True)
class FromTags:
    """What is written, with the stack, environment, address and owner beside it, in this cloud's grammar."""

    style: TagStyle


Derivation: TypeAlias = "FromLocation | FromComponent | FromKind | FromProtection | FromName | FromTags"
