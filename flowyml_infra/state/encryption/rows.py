"""Owns the encryption of whole records: of everything that is recorded about a resource but where it belongs.

What stays readable is what the database finds and orders rows by, and what tells how far each is: address, generation,
status, creation id, digests, component, times.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from flowyml_infra.state.encryption.sealer import KeySealer
    from flowyml_infra.state.row import ResourceRow

MARK: Final = "enc:"
"""What a stored text begins with that is encrypted; JSON never does."""

_HIDDEN: Final = (
    "properties_json",
    "outputs_json",
    "dependencies_json",
    "lifecycle_json",
    "children_json",
    "physical_id",
)


@dataclass(frozen=True, slots=True)
class RowCipher:
    """Encrypts the records of one deployment; each is bound to its lineage, address and generation.

    Attributes:
        sealer: The state's encryption.
        lineage: The deployment's lineage.
    """

    sealer: KeySealer
    lineage: str

    def close(self, row: ResourceRow) -> ResourceRow:
        """``row`` as it is stored."""
        clear = json.dumps([getattr(row, name) for name in _HIDDEN], ensure_ascii=False, separators=(",", ":"))
        token = self.sealer.encrypt(clear.encode("utf-8", "surrogatepass"), self._place(row))
        return replace(
            row,
            properties_json=f"{MARK}{token}",
            outputs_json="{}",
            dependencies_json="[]",
            lifecycle_json="{}",
            children_json="[]",
            physical_id=None,
        )

    def open(self, row: ResourceRow) -> ResourceRow:
        """The inverse of :meth:`close`; a row that is not encrypted is given back as it is.

        Raises:
            CorruptStateError: It is damaged, belongs elsewhere, or is under a key that this state does not have.
        """
        if not row.properties_json.startswith(MARK):
            return row
        clear = self.sealer.decrypt(row.properties_json.removeprefix(MARK), self._place(row))
        values = json.loads(clear.decode("utf-8", "surrogatepass"))
        return replace(row, **dict(zip(_HIDDEN, values, strict=True)))

    def close_text(self, text: str, component: str) -> str:
        """The outputs of a component as they are stored."""
        return f"{MARK}{self.sealer.encrypt(text.encode('utf-8', 'surrogatepass'), self._outputs(component))}"

    def open_text(self, text: str, component: str) -> str:
        """The inverse of :meth:`close_text`; see :meth:`open`."""
        if not text.startswith(MARK):
            return text
        return self.sealer.decrypt(text.removeprefix(MARK), self._outputs(component)).decode("utf-8", "surrogatepass")

    def _place(self, row: ResourceRow) -> str:
        return f"{self.lineage}/{row.address}/{row.generation}/record"

    def _outputs(self, component: str) -> str:
        return f"{self.lineage}/outputs/{component}/record"
