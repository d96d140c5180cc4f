"""Owns the sentence for a plan that would do nothing, which is the most frequent one and has to be cheap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.cli.terminal import Tone, printable

if TYPE_CHECKING:
    from flowyml_infra.cli.terminal import Terminal
    from flowyml_infra.project import Planned


def unchanged_sentence(planned: Planned, terminal: Terminal) -> str | None:
    """All there is to say about ``planned``, or None when there is more and it takes a picture."""
    plan, decision = planned.plan, planned.decision
    if plan.has_writes or plan.diagnostics or decision.findings or plan.options.targets or plan.options.excludes:
        return None
    return nothing(str(plan.key), len(plan.changes), plan.compiled.source, terminal, destroy=plan.options.destroy)


def nothing(deployment: str, count: int, source: str, terminal: Terminal, *, destroy: bool) -> str:
    """That ``deployment`` with its ``count`` resources is as ``source`` says, or that there is nothing to destroy."""
    if destroy:
        return f"{terminal.paint('Nothing to destroy.', Tone.GOOD)} {deployment} has no recorded resources."
    what = f"its {count:,} resource{'' if count == 1 else 's'}" if count else "nothing, just"
    return f"{terminal.paint('No changes.', Tone.GOOD)} {deployment} has {what} as {printable(source)} says."
