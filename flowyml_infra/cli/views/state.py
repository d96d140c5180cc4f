"""Owns how the recorded state is shown."""

from __future__ import annotations

import json
from abc import abstractmethod
from typing import TYPE_CHECKING

from flowyml_infra.cli.terminal import printable
from flowyml_infra.cli.views.document import write_document
from flowyml_infra.cli.views.plan.symbols import PAST
from flowyml_infra.cli.views.values import columns, counted, flatten, render
from flowyml_infra.cli.views.view import View
from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowyml_infra.address import Address
    from flowyml_infra.apply.rebuilding import Rebuilt
    from flowyml_infra.resources.values import Json, Value
    from flowyml_infra.state.row import ResourceRow
    from flowyml_infra.state.snapshot import Snapshot
    from flowyml_infra.state.store import OperationRecord


_HISTORY_TITLES = ("ID", "STARTED (UTC)", "OPERATION", "RESULT", "SERIAL", "DEFINITION", "CHANGES", "WHO")


def not_recorded(address: Address, snapshot: Snapshot) -> StateError:
    """The error for an address that the state does not have."""
    return StateError(
        f"{snapshot.key} has no recorded resource {address}",
        code="state.address",
        address=address,
        hint=did_you_mean(address, snapshot.rows) or "`flowyml-infra state list` names those there are",
    )


def masked(values: Mapping[str, Value]) -> dict[str, Json]:
    """``values`` with secrets hidden."""
    from flowyml_infra.plan.document import masked as mask

    return mask(values)[0]


class ResourcesView(View):
    """Shows the resources of a deployment."""

    @abstractmethod
    def show(self, snapshot: Snapshot) -> None:
        """Show them."""


class ResourcesHuman(ResourcesView):
    """As a table."""

    def show(self, snapshot: Snapshot) -> None:
        """One line each, older generations that still have to go below."""
        if not snapshot.rows and not snapshot.deposed:
            self.terminal.say(f"Nothing is recorded of {snapshot.key}.")
            return
        rows = [(str(row.address), str(row.status), row.physical_id or "-") for row in snapshot.rows.values()]
        rows += [(row.address, "to be deleted", row.physical_id or "-") for row in snapshot.deposed]
        for line in columns(rows, ("ADDRESS", "STATUS", "ID")):
            self.terminal.say(line)


class ResourcesJson(ResourcesView):
    """As the contracted document."""

    def show(self, snapshot: Snapshot) -> None:
        """``{"resources"}``."""
        rows = [*snapshot.rows.values(), *snapshot.deposed]
        write_document(
            self.terminal,
            {
                "resources": [
                    {
                        "address": row.address,
                        "kind": row.address.kind,
                        "provider": row.address.provider,
                        "status": row.status,
                        "id": row.physical_id,
                        "updated_at": row.updated_at,
                    }
                    for row in rows
                ]
            },
        )


class ResourceView(View):
    """Shows one recorded resource."""

    @abstractmethod
    def show(self, row: ResourceRow) -> None:
        """Show it."""


class ResourceHuman(ResourceView):
    """As text."""

    def show(self, row: ResourceRow) -> None:
        """Its facts, inputs and outputs."""
        self.terminal.say("\n".join(row_lines(row)))


class ResourceJson(ResourceView):
    """As a document."""

    def show(self, row: ResourceRow) -> None:
        """``{"resource"}``."""
        write_document(self.terminal, {"resource": row_document(row)})


class EditView(View):
    """Says that the state was corrected."""

    @abstractmethod
    def show(self, _message: str, _facts: Mapping[str, object], /) -> None:
        """Say it, as a sentence or as facts."""


class EditHuman(EditView):
    """As a sentence."""

    def show(self, message: str, _facts: Mapping[str, object]) -> None:
        """The sentence alone."""
        self.terminal.say(message)


class EditJson(EditView):
    """As a document."""

    def show(self, _message: str, facts: Mapping[str, object]) -> None:
        """The facts alone."""
        write_document(self.terminal, facts)


class RebuiltView(View):
    """Shows what a rebuild did."""

    @abstractmethod
    def show(self, done: Rebuilt, *, forget: bool) -> None:
        """Show it."""


class RebuiltHuman(RebuiltView):
    """As a list."""

    def show(self, done: Rebuilt, *, forget: bool) -> None:
        """One line for each resource that was not in line."""
        stranger = "forgotten by the engine" if forget else "known to the engine alone, and not declared"
        told = {
            "put back on the engine's record": done.restored,
            "not there any more; `plan --refresh` plans it anew": done.missing,
            "recorded again": done.adopted,
            stranger: tuple(item.address for item in done.strangers),
        }
        lines = [f"{address}: {what}" for what, addresses in told.items() for address in addresses]
        self.terminal.say("\n".join(lines or ["Everything is in line."]))


class RebuiltJson(RebuiltView):
    """As a document."""

    def show(self, done: Rebuilt, *, forget: bool) -> None:
        """The addresses of each sort."""
        facts = {
            "serial": done.serial,
            "restored": list(done.restored),
            "missing": list(done.missing),
            "adopted": list(done.adopted),
            "strangers": [{"address": item.address, "creation_id": item.creation_id} for item in done.strangers],
            "forgotten": forget,
        }
        write_document(self.terminal, facts)


class HistoryView(View):
    """Shows operations."""

    @abstractmethod
    def show(self, records: Sequence[OperationRecord]) -> None:
        """Show them."""


class HistoryHuman(HistoryView):
    """As a table."""

    def show(self, records: Sequence[OperationRecord]) -> None:
        """One line each."""
        if not records:
            self.terminal.say("No operations are recorded.")
            return
        rows = [
            (
                record.id,
                record.started_at[:19].replace("T", " "),
                record.kind,
                record.status,
                f"{record.serial_before} -> {'?' if record.serial_after is None else record.serial_after}",
                (record.recorded_definition or "-")[:12],
                _changes(record),
                record.who,
            )
            for record in records
        ]
        for line in columns(rows, _HISTORY_TITLES):
            self.terminal.say(line)


class HistoryJson(HistoryView):
    """As a document."""

    def show(self, records: Sequence[OperationRecord]) -> None:
        """``{"operations"}``."""
        from dataclasses import asdict

        write_document(self.terminal, {"operations": [asdict(record) for record in records]})


def row_lines(row: ResourceRow) -> list[str]:
    """A row for people, secrets hidden."""
    facts: dict[str, Json] = {
        "status": str(row.status),
        "id": row.physical_id,
        "component": row.component,
        "generation": row.generation if row.generation > 1 else None,
        "created": row.created_at or None,
        "updated": row.updated_at if row.updated_at != row.created_at else None,
        "depends on": ", ".join(row.dependencies) or None,
    }
    lines = [str(row.address)]
    lines += [f"  {name}: {printable(str(value))}" for name, value in facts.items() if value is not None]
    for title, values in (("inputs", row.properties), ("outputs", row.outputs)):
        flat = [(path, value) for path, value in flatten(masked(values), "") if path and value not in (None, {}, [])]
        lines += [f"  {title}:"] if flat else []
        lines += [f"    {printable(path)} = {render(value)}" for path, value in flat]
    return lines


def row_document(row: ResourceRow) -> dict[str, object]:
    """A row for programs, secrets hidden."""
    return {
        "address": row.address,
        "kind": row.address.kind,
        "provider": row.address.provider,
        "status": row.status,
        "id": row.physical_id,
        "generation": row.generation,
        "component": row.component,
        "dependencies": json.loads(row.dependencies_json),
        "lifecycle": json.loads(row.lifecycle_json),
        "children": json.loads(row.children_json),
        "serial": row.serial,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "properties": masked(row.properties),
        "outputs": masked(row.outputs),
    }


def _changes(record: OperationRecord) -> str:
    done = [change for change in record.changes if change.status == "succeeded"]
    failed = sum(change.status == "failed" for change in record.changes)
    counts = {action: sum(change.action == action for change in done) for action in PAST}
    parts = [f"{number} {PAST[action]}" for action, number in counts.items() if number]
    if failed:
        parts.append(f"{counted(failed, 'failure')}")
    return ", ".join(parts) or "-"
