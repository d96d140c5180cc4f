"""Owns what the embedded engine refuses to delete: data without leave, and what is another's."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from flowyml_infra.apply.engines.local.database import SIDECARS
from flowyml_infra.apply.engines.local.failure import refused, told
from flowyml_infra.apply.engines.local.forms import FORMS
from flowyml_infra.apply.engines.local.place import find_place
from flowyml_infra.diagnostics import Diagnostic
from flowyml_infra.errors import EngineError, EngineRefusedError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from flowyml_infra.apply.engine import EngineContext, Subject
    from flowyml_infra.apply.engines.local.form import Form
    from flowyml_infra.apply.engines.local.mark import Mark
    from flowyml_infra.apply.engines.local.place import Place


def check_deletions(subjects: Sequence[Subject], context: EngineContext) -> None:
    """Look at all that is about to be deleted, as if what is inside of it were gone already.

    Raises:
        EngineRefusedError: Some of it would be refused; nothing was touched.
    """
    problems: list[EngineError] = []
    places = [find_place(subject, context) for subject in subjects]
    going = {place.target for place in places}
    going |= {Path(f"{target}{suffix}") for target in going for suffix in SIDECARS}
    creations = {subject.creation_id for subject in subjects}
    for subject, place in zip(subjects, places, strict=True):
        try:
            with told(subject, "delete"):
                if os.path.lexists(place.target):
                    check_removable(FORMS[subject.kind.id], place, subject, going, creations)
        except EngineError as error:
            problems.append(error)
    if problems:
        raise EngineRefusedError(
            f"{len(problems)} of {len(subjects)} resources cannot be deleted, so nothing was touched",
            code=problems[0].code,
            diagnostics=[
                Diagnostic("error", error.code, error.message, address=error.address, hint=error.hint)
                for error in problems
            ],
        )


def check_removable(
    form: Form, place: Place, subject: Subject, going: Collection[Path] = (), creations: Collection[str] = ()
) -> None:
    """Refuse to delete what is at ``place``, unless it is the subject's and may go.

    Args:
        form: The form of what is there.
        place: Where it is.
        subject: The resource.
        going: What of its content is deleted before it.
        creations: The ids of the resources that are deleted before it.

    Raises:
        EngineRefusedError: It is another's, or holds data and ``force_destroy`` is not set.
    """
    found = form.mark_at(place.target) if form.is_at(place.target) else None
    if found is None or found.creation_id != subject.creation_id:
        raise foreign(subject, place, found, "delete")
    if subject.properties.get("force_destroy") is True:
        inside = [mark for mark in form.others(place.target) if mark.creation_id not in creations]
        if inside:
            raise refused(
                subject,
                f"{place.text} contains {inside[0].owner}",
                "delete or move that first; force_destroy does not extend to other resources",
                code="engine.not_empty",
            )
    elif holdings := form.holdings(place.target, going):
        raise refused(
            subject,
            f"{place.text} {holdings}, and is not deleted with it",
            "move that away, or set force_destroy: true and apply that first; "
            f"`flowyml-infra state rm {subject.address}` leaves it where it is",
            code="engine.not_empty",
        )


def foreign(subject: Subject, place: Place, found: Mark | None, verb: str) -> EngineRefusedError:
    """The error for something that has the mark of another resource, or none."""
    if found is None:
        message = f"will not {verb} {place.text}: it does not carry the mark of {subject.address}"
        hint = "remove it yourself if it may go, or `flowyml-infra state rm` the resource to forget it"
    else:
        message = f"will not {verb} {place.text}: it belongs to {found.owner}"
        hint = "choose another path, or let the stack that made it delete it first"
    return refused(subject, message, hint, code="engine.foreign")
