"""Owns the order of operations of the embedded engine, so that a crash between any two of them can be made good.

Something is built whole under a hidden name that only its creation uses, then put under its own name in one step that
cannot replace anything. It leaves the same way: renamed first, removed after. Whatever a crash leaves behind has the
creation id in its name or in its mark, and the next operation on the resource finishes it or clears it away. Nothing
is ever changed or removed that does not carry the mark of the resource.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from flowyml_infra.apply.engine import Accounts, Made, Reading
from flowyml_infra.apply.engines.local.deletions import check_deletions, check_removable, foreign
from flowyml_infra.apply.engines.local.durable import make_folders, sync_folder
from flowyml_infra.apply.engines.local.failure import refused, told
from flowyml_infra.apply.engines.local.forms import FORMS
from flowyml_infra.apply.engines.local.mark import Mark
from flowyml_infra.apply.engines.local.place import Place, find_place
from flowyml_infra.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from flowyml_infra.address import Address
    from flowyml_infra.apply.engine import EngineContext, Intent, PartStep, Subject
    from flowyml_infra.apply.engines.local.form import Form
    from flowyml_infra.errors import EngineRefusedError
    from flowyml_infra.resources.values import Value


class LocalEngine:
    """Makes folders, SQLite databases and OCI layouts on this machine. It keeps nothing in memory between calls."""

    name = "local"
    version = __version__
    resumes = False

    def prepare(self, intents: Sequence[Intent], context: EngineContext) -> None:
        """See :class:`flowyml_infra.apply.engine.Engine`; a deletion that would be refused now is."""
        leaving = [intent.subject for intent in intents if intent.action == "delete"]
        # What may never have been made is located first.
        check_deletions([subject for subject in leaving if subject.physical_id is not None], context)

    def preview(self, intents: Sequence[Intent], context: EngineContext) -> Mapping[Address, Sequence[PartStep]]:
        """See :class:`flowyml_infra.apply.engine.Engine`; what is made here has no parts."""
        self.prepare(intents, context)
        return {}

    def settle(self, subjects: Sequence[Subject], context: EngineContext, *, forget: bool) -> Accounts:
        """See :class:`flowyml_infra.apply.engine.Engine`; it keeps no record of its own."""
        del subjects, context, forget
        return Accounts()

    def close(self) -> None:
        """See :class:`flowyml_infra.apply.engine.Engine`; there is nothing to let go of."""

    def create(self, subject: Subject, context: EngineContext) -> Made:
        """Make it, marked, or finish an earlier creation with the same id. An empty folder in its place is taken over.

        Raises:
            EngineRefusedError: Something else is there, or the place is not allowed; nothing was touched.
            EngineError: The system refused.
        """
        form, place = FORMS[subject.kind.id], find_place(subject, context)
        context.alive()
        with told(subject, "create"):
            mark = Mark.of(subject, context)
            if _is_ours(form, place, subject):
                form.discard(place.building)
                form.adjust(place.target, subject, mark)
                return _made(form, place)
            make_folders(place.parent)
            form.discard(place.building)
            try:
                form.build(place.building, subject, mark)
                form.put(place.building, place.target)
            except FileExistsError as error:
                form.discard(place.building)
                raise _taken(subject, form, place, error) from error
            except OSError:
                with contextlib.suppress(OSError):
                    form.discard(place.building)
                raise
            sync_folder(place.parent)
        return _made(form, place)

    def update(self, subject: Subject, before: Mapping[str, Value], context: EngineContext) -> Made:  # noqa: ARG002
        """Set its mark, labels and settings; something without a mark gets this one.

        Raises:
            EngineRefusedError: It is gone, or another resource's; nothing was touched.
            EngineError: The system refused.
        """
        form, place = FORMS[subject.kind.id], find_place(subject, context)
        context.alive()
        with told(subject, "update"):
            if not form.is_at(place.target):
                raise refused(
                    subject,
                    f"{place.text} is gone, or no longer {form.noun}",
                    "`flowyml-infra plan --refresh` sees that and plans to make it again",
                    code="engine.gone",
                )
            found = form.mark_at(place.target)
            if found is not None and found.creation_id != subject.creation_id:
                raise foreign(subject, place, found, "change")
            form.adjust(place.target, subject, Mark.of(subject, context))
        return _made(form, place)

    def delete(self, subject: Subject, context: EngineContext) -> None:
        """Remove it if it is there and its own mark is on it.

        Raises:
            EngineRefusedError: It is another's, or holds data and ``force_destroy`` is not set; nothing was touched.
            EngineError: The system refused.
        """
        form, place = FORMS[subject.kind.id], find_place(subject, context)
        context.alive()
        with told(subject, "delete"):
            self._finish(form, place)
            if not os.path.lexists(place.target):
                return
            check_removable(form, place, subject)
            place.target.rename(place.leaving)
            if _holds_data(form, place.leaving, subject):
                # Something was put in between the check and the renaming.
                place.leaving.rename(place.target)
                check_removable(form, place, subject)
            form.remove(place.leaving, place.target)
            sync_folder(place.parent)

    def read(self, subject: Subject, context: EngineContext) -> Reading | None:
        """What is there, or None when it is gone or has another resource's mark.

        Raises:
            EngineError: It cannot be read, so nothing is known about it.
        """
        form, place = FORMS[subject.kind.id], find_place(subject, context)
        with told(subject, "read"):
            if not form.is_at(place.target):
                return None
            found = form.mark_at(place.target)
            if found is not None and found.creation_id != subject.creation_id:
                return None
            labels = found.seen_labels(subject) if found else {}
            properties = {"path": place.text, **form.observe(place.target), "labels": labels}
        made = _made(form, place)
        return Reading(made.physical_id, properties, made.outputs)

    def locate(self, subject: Subject, context: EngineContext) -> Made | None:
        """What a creation with this id made, or None after clearing away what it only half made.

        Raises:
            EngineError: The system refused.
        """
        form, place = FORMS[subject.kind.id], find_place(subject, context)
        context.alive()
        with told(subject, "locate"):
            form.discard(place.building)
            return _made(form, place) if _is_ours(form, place, subject) else None

    def _finish(self, form: Form, place: Place) -> None:
        """Clear away what an interrupted creation or deletion left."""
        form.discard(place.building)
        if os.path.lexists(place.leaving):
            form.remove(place.leaving, place.target)
            sync_folder(place.parent)


def _made(form: Form, place: Place) -> Made:
    return Made(place.text, {"path": str(place.target), "uri": form.uri(place.target), "id": place.text})


def _is_ours(form: Form, place: Place, subject: Subject) -> bool:
    if not form.is_at(place.target):
        return False
    found = form.mark_at(place.target)
    return found is not None and found.creation_id == subject.creation_id


def _holds_data(form: Form, path: Path, subject: Subject) -> bool:
    return subject.properties.get("force_destroy") is not True and form.holdings(path) is not None


def _taken(subject: Subject, form: Form, place: Place, error: FileExistsError) -> EngineRefusedError:
    found = form.mark_at(place.target) if form.is_at(place.target) else None
    if found is not None:
        return foreign(subject, place, found, "use")
    return refused(
        subject,
        f"{error.filename2 or error.filename or place.text} is there already, and was not made by this stack",
        "choose another path, or move what is there away",
        code="engine.exists",
    )
