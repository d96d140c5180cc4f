"""Owns the tags that every resource in a cloud carries: which stack, environment, address and owner it belongs to.

The creation id is added by the engine, because it is made when the resource is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.resources.derivation import TagStyle


@dataclass(frozen=True, slots=True)
class TagGrammar:
    """What one cloud allows in tags.

    Attributes:
        prefix: Before the names that are ours; nobody else may use it.
        forbidden: Characters that a value cannot have; each becomes ``filler``.
        longest: Characters of a value at most.
        filler: What stands for a forbidden character.
        lower: Values have no capital letters.
    """

    prefix: str
    forbidden: re.Pattern[str]
    longest: int
    filler: str = "-"
    lower: bool = False

    def fit(self, text: str) -> str:
        """``text`` as a value."""
        value = self.forbidden.sub(self.filler, text.lower() if self.lower else text)[: self.longest]
        return value.strip("-_.")


GRAMMARS: Final[Mapping[TagStyle, TagGrammar]] = {
    # https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
    "aws": TagGrammar("flowyml:", re.compile(r"[^\w .:/=+@-]"), 256),
    # https://cloud.google.com/resource-manager/docs/labels-overview#requirements
    "gcp": TagGrammar("flowyml-", re.compile(r"[^a-z0-9_-]"), 63, lower=True),
    # https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources#limitations
    "azure": TagGrammar("flowyml-", re.compile(r"[\x00-\x1f]"), 256),
    # https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
    "kubernetes": TagGrammar("flowyml-infra/", re.compile(r"[^A-Za-z0-9._-]"), 63),
}


def standard_tags(
    style: TagStyle, *, stack: str, environment: str, address: str, owner: str | None = None
) -> dict[str, str]:
    """The tags of the resource at ``address``."""
    grammar = GRAMMARS[style]
    facts = {"stack": stack, "environment": environment, "address": address, "owner": owner or ""}
    return {f"{grammar.prefix}{name}": grammar.fit(value) for name, value in facts.items() if value}
