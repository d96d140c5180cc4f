"""Owns what to write into a definition, so that something of Terraform's can be taken over."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowyml_infra.address import Address
    from flowyml_infra.project.terraform.terraform_state import TerraformResource
    from flowyml_infra.resources.values import Json

_LONGEST = 48


class Suggestions:
    """Makes entries of ``spec.resources``, each under a name of its own.

    Args:
        taken: The addresses that are declared already.
    """

    def __init__(self, taken: Iterable[Address]) -> None:
        self._names = {address.name for address in taken}
        self._next: dict[str, int] = {}

    def of(self, resource: TerraformResource) -> dict[str, Json]:
        """``{NAME: {kind, provider, …}}``; nothing where a text would mean something else in a definition."""
        tells = dict(resource.tells or {})
        if any("$" in text or not text.isprintable() for text in tells.values()):
            return {}
        provider, _, kind = resource.kind.partition(".")
        return {self._name(resource): {"kind": kind, "provider": provider, **tells}}

    def _name(self, resource: TerraformResource) -> str:
        last = resource.address.rpartition(f"{resource.type}.")[2]
        slug = re.sub(r"[^a-z0-9_]+", "-", re.sub(r"\[\d+\]$", "", last).lower()).strip("-_")[:_LONGEST]
        wanted = slug if re.match("[a-z]", slug) else f"{resource.kind.partition('.')[2]}-{slug}".strip("-")
        name = wanted
        while name in self._names:
            number = self._next[wanted] = self._next.get(wanted, 1) + 1
            name = f"{wanted}-{number}"
        self._names.add(name)
        return name
