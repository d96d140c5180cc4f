"""Owns the form in which facts about a cloud provider's resource type are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowyml_infra.resources.naming import NameRule


@dataclass(frozen=True, slots=True)
class TypeFacts:
    """What the provider does with the inputs of one resource type.

    Inputs are named as in the Python SDK, parts of nested ones joined with dots, without marks for list items.

    Attributes:
        token: The type's token in the engine, for example ``aws:s3/bucket:Bucket``.
        sdk: The class in the Python SDK, for example ``pulumi_aws.s3.Bucket``.
        required: Inputs that the SDK's class or the cloud cannot do without.
        replaces: Inputs whose change always makes a new resource.
        sometimes: Inputs whose change makes a new one under a condition; the kinds hold the condition.
        refused: Inputs that the provider would plan to change in place and the cloud refuses under a condition.
        in_place: Inputs that change in place; not all of them.
        name_input: The input that names it in the cloud, or None.
        name: The rule for names, or None where there is none.
        create_minutes: How long a creation typically takes.
        timeout_minutes: After how long the provider gives a creation up; 0 where that is not known.
        source: Where the facts were read.
    """

    token: str
    sdk: str
    required: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    sometimes: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    in_place: tuple[str, ...] = ()
    name_input: str | None = None
    name: NameRule | None = None
    create_minutes: float = 0.1
    timeout_minutes: float = 0
    source: str = ""

    def makes_new(self, path: str) -> bool:
        """Whether a change of the input at ``path`` always makes a new resource."""
        return any(path == item or path.startswith(f"{item}.") for item in self.replaces)
