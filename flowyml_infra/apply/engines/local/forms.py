"""Owns which form each kind of the embedded engine takes on the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.apply.engines.local.database import Database
from flowyml_infra.apply.engines.local.folder import Directory, OciLayout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.apply.engines.local.form import Form

FORMS: Final[Mapping[str, Form]] = {
    "local.directory": Directory(),
    "local.oci_registry": OciLayout(),
    "local.sqlite": Database(),
}
"""Form by kind."""
