"""Owns the making of a kind in a cloud: what its properties do when they change follows from the facts they feed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flowyml_infra.resources.kind import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from flowyml_infra.resources.child import ChildType
    from flowyml_infra.resources.kind import Output
    from flowyml_infra.resources.property import Property


def cloud_kind(
    name: str,
    summary: str,
    *,
    properties: Sequence[Property],
    outputs: Sequence[Output],
    children: Sequence[ChildType],
    **rest: Any,  # noqa: ANN401 - the fields of Kind
) -> Kind:
    """A kind that the Pulumi engine makes; ``name`` is ``provider.kind``, and ``rest`` goes to :class:`Kind`.

    A property replaces the resource if it feeds an input of the primary child that does.
    """
    provider, _, kind = name.partition(".")
    (primary,) = (child for child in children if child.primary)
    defaults: dict[str, Any] = {"located_by": "tag", "engine": "pulumi"}
    return Kind(
        provider=provider,
        name=kind,
        summary=summary,
        properties=tuple(_with_consequence(item, primary) for item in properties),
        outputs=tuple(outputs),
        children=tuple(children),
        **{**defaults, **rest},
    )


def _with_consequence(item: Property, primary: ChildType) -> Property:
    inputs = [feed.partition(".")[2] for feed in item.feeds if feed.partition(".")[0] == primary.name]
    return replace(item, replaces=item.replaces or any(primary.facts.makes_new(path) for path in inputs))
