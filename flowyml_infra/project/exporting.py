"""Owns the portable document of a deployment: what is recorded, in words that need no knowledge of our own formats.

It cannot be taken back; for that there is ``state pull``, whose document is exact and has secrets sealed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.outputs.masking import SECRET
from flowyml_infra.resources.values import Sealed, Secret, Template, Variable, encode, transform
from flowyml_infra.state.edits import no_deployment
from flowyml_infra.state.unsealing import unseal

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

    def outputs(values: Mapping[str, Value], scope: str) -> dict[str, Json]:
        if not show_secrets:
            return _plain(values)
        context = f"{snapshot.lineage or ''}/{scope}"
        return _plain({name: unseal(value, context, project.sealer) for name, value in values.items()}, shown=True)

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
        "secrets": "shown" if show_secrets else "masked",
        "resources": [_resource(row, outputs(row.outputs, row.creation_id), superseded=old) for row, old in rows],
        "outputs": {
            component: outputs(values, f"outputs/{component}") for component, values in sorted(snapshot.outputs.items())
        },
    }


def _resource(row: ResourceRow, outputs: dict[str, Json], *, superseded: bool) -> dict[str, Json]:
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
        "inputs": _plain(row.properties),
        "outputs": outputs,
        "parts": [{"type": part.type, "id": part.id, "status": part.status.value} for part in row.children],
        "created_at": row.created_at or None,
        "updated_at": row.updated_at or None,
    }


def _plain(values: Mapping[str, Value], *, shown: bool = False) -> dict[str, Json]:
    """``values`` in plain JSON: a secret as ``"(secret)"`` unless it is opened and shown, what is not known as null."""

    def change(_path: str, leaf: Leaf) -> Value:
        if shown and isinstance(leaf, Secret):
            return leaf.value  # type: ignore[return-value]
        return SECRET if isinstance(leaf, (Secret, Sealed, Template, Variable)) else None

    return {name: encode(transform(value, change, name)) for name, value in values.items()}
