"""Owns how drift is shown: what a look found, field by field, secrets hidden."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from flowyml_infra.cli.terminal import Tone, one_line
from flowyml_infra.cli.views.document import write_document
from flowyml_infra.cli.views.plan.blocks import field_lines
from flowyml_infra.cli.views.values import counted
from flowyml_infra.cli.views.view import View
from flowyml_infra.outputs.masking import mask
from flowyml_infra.resources.values import Unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.cli.views.plan.picture import FieldLine
    from flowyml_infra.plan.changes import FieldChange
    from flowyml_infra.plan.drift import Drifted, Unread
    from flowyml_infra.project.drifting import Drift
    from flowyml_infra.state.drift import Acknowledgement

_UNREADABLE = "(cannot be read back)"


class DriftView(View):
    """Shows what a look at the world found."""

    @abstractmethod
    def show(self, drift: Drift) -> None:
        """Show it."""


class DriftHuman(DriftView):
    """As text."""

    def show(self, drift: Drift) -> None:
        """A block for each resource that is not as recorded, and a sentence."""
        if not drift.snapshot.exists:
            self.terminal.say(f"{drift.key} was never applied, so nothing can have drifted.")
            return
        blocks = [self._drifted(item, drift) for item in drift.sighting.drifted]
        blocks += [self._unread(item) for item in drift.sighting.unread]
        for block in blocks:
            self.terminal.say("\n".join(block) + "\n")
        self.terminal.say(self._sentence(drift))

    def _drifted(self, item: Drifted, drift: Drift) -> list[str]:
        known = drift.acknowledged.get(item.address)
        address = self.terminal.paint(str(item.address), Tone.BOLD)
        verbose = self.session.options.verbose
        if item.seen is None:
            lines = [f"  {self.terminal.paint('-', Tone.REMOVE)} {address} is gone"]
        else:
            what = "is not as it was applied" if item.counts else "differs only where ignore_changes says so"
            lines = [f"  {self.terminal.paint('~', Tone.CHANGE)} {address} {what}"]
        lines += field_lines(_lines(item.fields), self.terminal, verbose=verbose, indent=6)
        if item.left:
            lines += field_lines(_lines(item.left), self.terminal, verbose=verbose, indent=6)
            names = ", ".join(one_line(change.path) for change in item.left)
            lines.append(self.terminal.paint(f"      # ignore_changes leaves {names} alone", Tone.DIM))
        if known is not None:
            lines.append(self.terminal.paint(f"      # {told(known)}", Tone.GOOD))
        return lines

    def _unread(self, item: Unread) -> list[str]:
        sign = self.terminal.paint("?", Tone.WARNING)
        lines = [f"  {sign} {self.terminal.paint(str(item.address), Tone.BOLD)} is not known"]
        lines.append(f"      {one_line(item.error.message)}")
        return [*lines, f"      hint: {one_line(item.error.hint)}"] if item.error.hint else lines

    def _sentence(self, drift: Drift) -> str:
        counts = summary(drift)
        looked = f"Looked at {counted(counts['looked'], 'resource')} of {drift.key}"
        found = [f"{counts[name]:,} {name}" for name in ("changed", "gone", "unknown") if counts[name]]
        if not found:
            return self.terminal.paint(f"{looked}: no drift.", Tone.GOOD)
        known = f"; {counts['acknowledged']:,} of them acknowledged" if counts["acknowledged"] else ""
        return f"{self.terminal.paint(looked, Tone.BOLD)}: {', '.join(found)}{known}."


class DriftJson(DriftView):
    """As a document."""

    def show(self, drift: Drift) -> None:
        """``{"deployment", "looked_at", "resources", "summary"}``; what is as recorded is only counted."""
        write_document(self.terminal, document(drift))


def document(drift: Drift) -> dict[str, object]:
    """What a look found, for programs."""
    return {
        "deployment": {
            "stack": drift.key.stack,
            "environment": drift.key.environment,
            "lineage": drift.snapshot.lineage,
            "serial": drift.snapshot.serial,
        },
        "looked_at": drift.at,
        "resources": [
            *(_drifted(item, drift) for item in drift.sighting.drifted),
            *(_unread(item) for item in drift.sighting.unread),
        ],
        "summary": summary(drift),
    }


def summary(drift: Drift) -> dict[str, int]:
    """How many are how."""
    counting = [item for item in drift.sighting.drifted if item.counts]
    gone = sum(item.condition == "gone" for item in counting)
    return {
        "looked": drift.sighting.looked,
        "changed": len(counting) - gone,
        "gone": gone,
        "unknown": len(drift.sighting.unread),
        "acknowledged": len(drift.acknowledged),
    }


def acknowledgement_document(item: Acknowledgement) -> dict[str, str]:
    """An acknowledgement for programs."""
    return {
        "address": str(item.address),
        "digest": item.digest,
        "who": item.who,
        "at": item.at,
        "until": item.until.isoformat(),
        "why": item.why,
    }


def told(item: Acknowledgement) -> str:
    """An acknowledgement as a clause."""
    return f"acknowledged by {one_line(item.who)} until {item.until.isoformat()}: {one_line(item.why)}"


def _drifted(item: Drifted, drift: Drift) -> dict[str, object]:
    known = drift.acknowledged.get(item.address)
    return {
        "address": str(item.address),
        "condition": item.condition,
        "fields": [_field(change) for change in item.fields],
        "ignored": [_field(change) for change in item.left],
        "digest": item.digest,
        "acknowledged": None if known is None else acknowledgement_document(known),
        "error": None,
    }


def _unread(item: Unread) -> dict[str, object]:
    error = item.error
    return {
        "address": str(item.address),
        "condition": "unknown",
        "fields": [],
        "ignored": [],
        "digest": "",
        "acknowledged": None,
        "error": {"code": error.code, "summary": error.message, "hint": error.hint},
    }


def _field(change: FieldChange) -> dict[str, object]:
    return {
        "path": change.path,
        "before": mask(change.before),
        "after": mask(change.after),
        "after_unknown": isinstance(change.after, Unknown),
    }


def _lines(fields: Sequence[FieldChange]) -> list[FieldLine]:
    from flowyml_infra.cli.views.plan.picture import FieldLine

    return [
        FieldLine(
            change.path,
            mask(change.before),
            _UNREADABLE if isinstance(change.after, Unknown) else mask(change.after),
        )
        for change in fields
    ]
