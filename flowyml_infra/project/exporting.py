"""Owns the portable document of a deployment: what is recorded, in words that need no knowledge of our own formats.

It cannot be taken back; for that there is ``state pull``, whose document is exact and has secrets sealed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.outputs.masking import SECRET
from flowyml_infra.resources.values import Sealed, Secret, Template, Variable, encode, transform
from flowyml_infra.state.edits import no_deployment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.project.facade import Project
    from flowyml_infra.resources.values import Json, Leaf, Value
    from flowyml_infra.state.key import DeploymentKey
    from flowyml_infra.state.row import ResourceRow
    from flowyml_infra.state.snapshot import Snapshot

FORMAT_VERSION = "1"


def recorded(project: Project, key: DeploymentKey) -> Snapshot:
    """What is recorded of ``key``.

    Raises:
        StateError: Nothing is.
    """
    snapshot = project.reader().snapshot(key)
    if not snapshot.exists:
        raise no_deployment(key, [str(other) for other in project.reader().deployments()])
    return snapshot


def portable_document(project: Project, snapshot: Snapshot, *, show_secrets: bool) -> dict[str, Json]:
    """What is recorded of a deployment: its resources in the order of their addresses, and its outputs.

    Args:
        project: The project.
        snapshot: What is recorded.
        show_secrets: Outputs that are secrets are in the clear. Inputs that are never are: who applies has them.

    Raises:
        StateError: A secret cannot be opened.
    """
    reveal = _Reveal(project, snapshot.lineage or "") if show_secrets else None
    rows = [(row, False) for row in snapshot.rows.values()] + [(row, True) for row in snapshot.deposed]
    rows.sort(key=lambda item: (item[0].address, item[0].generation))
    return {
        "format_version": FORMAT_VERSION,
        "deployment": {
            "stack": snapshot.key.stack,
            "environment": snapshot.key.environment,
            "lineage": snapshot.lineage,
            "serial": snapshot.serial,
        },
        "secrets": "masked" if reveal is None else "shown",
        "resources": [_resource(row, reveal, superseded=old) for row, old in rows],
        "outputs": {
            component: _plain(values, reveal, f"outputs/{component}")
            for component, values in sorted(snapshot.outputs.items())
        },
    }


class _Reveal:
    """Opens what was sealed for one deployment."""

    def __init__(self, project: Project, lineage: str) -> None:
        self._project, self._lineage = project, lineage

    def open(self, sealed: Sealed, scope: str) -> Value:
        return self._project.sealer().unseal(sealed, f"{self._lineage}/{scope}").value  # type: ignore[return-value]


def _resource(row: ResourceRow, reveal: _Reveal | None, *, superseded: bool) -> dict[str, Json]:
    return {
        "address": str(row.address),
        "provider": row.address.provider,
        "kind": row.address.kind,
        "name": row.address.name,
        "component": row.component,
        "status": row.status.value,
        "superseded": superseded,
        "id": row.physical_id,
        "depends_on": [str(item) for item in row.dependencies],
        "inputs": _plain(row.properties, None, ""),
        "outputs": _plain(row.outputs, reveal, row.creation_id),
        "parts": [{"type": part.type, "id": part.id, "status": part.status.value} for part in row.children],
        "created_at": row.created_at or None,
        "updated_at": row.updated_at or None,
    }


def _plain(values: Mapping[str, Value], reveal: _Reveal | None, scope: str) -> dict[str, Json]:
    """``values`` in plain JSON: a secret as ``"(secret)"`` unless it is to be opened, what is not known as null."""

    def change(_path: str, leaf: Leaf) -> Value:
        if isinstance(leaf, Sealed) and reveal is not None:
            return reveal.open(leaf, scope)
        return SECRET if isinstance(leaf, (Secret, Sealed, Template, Variable)) else None

    return {name: encode(transform(value, change, name)) for name, value in values.items()}
