"""Owns the built-in stack: the one that is used when nothing was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

BUILTIN_STACK: Final = "local"
"""Its name, which no manifest may take."""

BUILTIN_SOURCE: Final = "built-in"
"""What ``source`` says of its definition."""

BUILTIN_DOCUMENT: Final[Mapping[str, Any]] = {
    "apiVersion": "flowyml/v1",
    "kind": "StackDefinition",
    "metadata": {"name": BUILTIN_STACK},
    "spec": {
        "provider": "local",
        "storage": {
            "artifact_store": {"uri": ".flowyml/artifacts"},
            "metadata_store": {"uri": ".flowyml/metadata.db"},
        },
    },
}
"""Its manifest: everything in the project's own ``.flowyml`` folder."""
