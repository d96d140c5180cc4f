"""Owns how the doctor's findings are shown."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import asdict
from typing import TYPE_CHECKING

from flowyml_infra.cli.terminal import Tone, printable
from flowyml_infra.cli.views.document import write_document
from flowyml_infra.cli.views.view import View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.cli.commands.doctor import Finding

_SIGNS = {"ok": ("ok", Tone.GOOD), "absent": ("--", Tone.DIM), "failed": ("!!", Tone.ERROR)}


class DoctorView(View):
    """Shows findings."""

    @abstractmethod
    def show(self, findings: Sequence[Finding]) -> None:
        """Show them."""


class DoctorHuman(DoctorView):
    """As a list."""

    def show(self, findings: Sequence[Finding]) -> None:
        """One line each, with the cure where there is one."""
        width = max(len(finding.name) for finding in findings)
        for finding in findings:
            sign, tone = _SIGNS[finding.status]
            cure = f" ({finding.hint})" if finding.hint else ""
            text = printable(f"{finding.text}{cure}")
            self.terminal.say(f"{self.terminal.paint(sign, tone)}  {finding.name.ljust(width)}  {text}")


class DoctorJson(DoctorView):
    """As a document."""

    def show(self, findings: Sequence[Finding]) -> None:
        """``{"checks"}``."""
        write_document(self.terminal, {"checks": [asdict(finding) for finding in findings]})
