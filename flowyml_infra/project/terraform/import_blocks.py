"""Owns the blocks by which Terraform takes over what is recorded here; writing the configuration is Terraform's part.

https://developer.hashicorp.com/terraform/language/import
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from flowyml_infra.project.terraform.hcl import quoted_hcl
from flowyml_infra.resources.catalogue import find_kind
from flowyml_infra.resources.terraform.tokens import BY_NAME, TOKENS
from flowyml_infra.state.row import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.state.row import Child, ResourceRow
    from flowyml_infra.state.snapshot import Snapshot

_OPENING = """\
# What flowyml-infra recorded of {key} at serial {serial}, for Terraform to take over.
# `terraform plan -generate-config-out=generated.tf` writes the configuration; read it before it is applied.
"""


class _Part(NamedTuple):
    """One thing that an engine made: its type, and what Terraform calls it; or why Terraform cannot take it over."""

    type: str
    id: str
    why_not: str = ""


def import_blocks(snapshot: Snapshot) -> str:
    """A file with a block for each thing that Terraform can take over, and a comment for each that it cannot."""
    blocks = [_OPENING.format(key=snapshot.key, serial=snapshot.serial)]
    taken: set[str] = set()
    for address in sorted(snapshot.rows):
        row = snapshot.rows[address]
        for part in _parts(row):
            if part.why_not:
                blocks.append(f"# {row.address}, {part.type}: {part.why_not}\n")
                continue
            blocks.append(f"import {{\n  to = {_place(part.type, row, taken)}\n  id = {quoted_hcl(part.id)}\n}}\n")
    return "\n".join(blocks)


def _parts(row: ResourceRow) -> Iterator[_Part]:
    if row.status is not Status.CREATED:
        yield _Part(row.address.kind, "", f"it is {row.status.value}; apply first")
    elif not row.children:
        yield _Part(row.address.kind, "", "it is on this machine, and Terraform has nothing like it")
    else:
        yield from (_part(row, child) for child in row.children)


def _part(row: ResourceRow, child: Child) -> _Part:
    type_ = TOKENS.get(child.type)
    if type_ is None or child.id is None:
        return _Part(child.type, "", "Terraform imports it by another id, or does not know it")
    name = row.properties.get("name")
    by_name = child.type in BY_NAME and isinstance(name, str)
    return _Part(type_, str(name) if by_name else child.id)


def _place(type_: str, row: ResourceRow, taken: set[str]) -> str:
    """Where Terraform is to have it; no two things have one place."""
    primary = {TOKENS.get(child.facts.token) for child in find_kind(row.address).children if child.primary}
    label = row.address.name if type_ in primary else f"{row.address.kind}_{row.address.name}"
    place, number = f"{type_}.{label}", 2
    while place in taken:
        place, number = f"{type_}.{label}_{number}", number + 1
    taken.add(place)
    return place
