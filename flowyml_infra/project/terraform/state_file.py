"""Owns the reading of a state of Terraform's from a file that others wrote: bounded, checked, and without secrets."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from flowyml_infra.diagnostics import Diagnostic, Location
from flowyml_infra.errors import StateError, UsageError
from flowyml_infra.project.terraform.entries import ShapeError, entries_of_file, entries_of_show
from flowyml_infra.project.terraform.terraform_state import TerraformResource, TerraformSetting, TerraformState
from flowyml_infra.resources.terraform.catalogue import REFUSED, SETTINGS, known, type_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flowyml_infra.project.terraform.entries import Entry
    from flowyml_infra.project.terraform.terraform_state import Trouble

MOST_BYTES: Final = 64 * 2**20
"""No state is read beyond this size."""
_CODE: Final = "terraform.state"
_VERSION: Final = 4
_PULL: Final = "`terraform state pull` prints the state; give its output as FILE, or pipe it in and give -"


def load_state(file: str) -> TerraformState:
    """The state in ``file``, or on standard input for ``-``.

    Raises:
        UsageError: It cannot be read, or is too large.
        StateError: It is no state of Terraform's that can be understood.
    """
    if file == "-":
        return parse_state(_bounded(sys.stdin.buffer.read(MOST_BYTES + 1), "standard input"), "standard input")
    try:
        with Path(file).open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"{file} cannot be read: {error.strerror or error}", code="usage.file", hint="name a terraform.tfstate"
        ) from error
    return parse_state(_bounded(data, file), file)


def parse_state(data: bytes, name: str) -> TerraformState:
    """The state that ``data`` is; ``name`` says where it was read.

    Raises:
        StateError: It is none, or of a version that is not understood.
    """
    document = _document(data, name)
    try:
        entries = list(_entries(document, name))
        _check_once(entries)
    except ShapeError as error:
        raise _refused(f"{name} is no sound state of Terraform's: {error}", _PULL) from error
    serial, release = document.get("serial"), document.get("terraform_version")
    others = Counter(entry.type for entry in entries if entry.managed and not _of_interest(entry.type))
    managed = [entry for entry in entries if entry.managed]
    return TerraformState(
        name=name,
        terraform=release if isinstance(release, str) else "",
        serial=serial if isinstance(serial, int) else None,
        resources=tuple(_resource(entry) for entry in managed if known(entry.type) or entry.type in REFUSED),
        settings=tuple(_settings(managed)),
        others=dict(sorted(others.items())),
        data_sources=len(entries) - len(managed),
    )


def _bounded(data: bytes, name: str) -> bytes:
    if len(data) > MOST_BYTES:
        raise UsageError(
            f"{name} has more than {MOST_BYTES // 2**20} MiB, which is as much as is read of a state",
            code="usage.file",
            hint="`terraform state mv -state-out` moves a part of a state into a smaller one",
        )
    return data


def _document(data: bytes, name: str) -> Mapping[str, Any]:
    try:
        # Bytes, so that what PowerShell writes as UTF-16 is read, too.
        document = json.loads(data)
    except json.JSONDecodeError as error:
        summary = f"{name} is no JSON: {error.msg}"
        where = Location(name, error.lineno, error.colno)
        found = Diagnostic("error", _CODE, summary, location=where, hint=_PULL)
        raise StateError(summary, code=_CODE, hint=_PULL, diagnostics=[found]) from error
    except UnicodeDecodeError as error:
        raise _refused(f"{name} is no text: byte {error.start} is not {error.encoding}", _PULL) from error
    except (ValueError, RecursionError) as error:
        raise _refused(f"{name} is no JSON that can be read: a number is too long, or it is nested too deep") from error
    if not isinstance(document, dict):
        raise _refused(f"{name} is no state of Terraform's: it is not an object", _PULL)
    return document


def _entries(document: Mapping[str, Any], name: str) -> Iterable[Entry]:
    if "encrypted_data" in document:
        raise _refused(f"{name} is encrypted by OpenTofu", "`tofu state pull` prints it in the clear; pipe it in")
    if "planned_values" in document or "resource_changes" in document:
        raise _refused(f"{name} is a plan, and no state", "`terraform show -json` without a FILE prints the state")
    version = document.get("version")
    if version == _VERSION and "format_version" not in document:
        return entries_of_file(document)
    if isinstance(version, int) and "backend" in document:
        raise _refused(f"{name} only says where the state is kept", _PULL)
    if isinstance(version, int):
        raise _refused(
            f"{name} has version {version} of Terraform's format, and version {_VERSION} is what is understood",
            f"{_PULL}; Terraform brings an older one to its own version by that",
        )
    shown = document.get("format_version")
    if isinstance(shown, str) and shown.partition(".")[0] in ("0", "1"):
        return entries_of_show(document)
    if isinstance(shown, str):
        raise _refused(f"{name} has the format {shown[:20]!r} of `terraform show -json`, and 1 is understood", _PULL)
    raise _refused(f"{name} is no state of Terraform's: it has neither a version nor a format_version", _PULL)


def _check_once(entries: Iterable[Entry]) -> None:
    seen: set[str] = set()
    for entry in entries:
        if entry.address in seen:
            raise ShapeError(entry.address, "is there twice")
        seen.add(entry.address)


def _of_interest(type_: str) -> bool:
    return known(type_) or type_ in SETTINGS or type_ in REFUSED


def _resource(entry: Entry) -> TerraformResource:
    found = type_of(entry.type, entry.attributes)
    if found is None:
        return TerraformResource(entry.address, entry.type, "")
    id_ = found.id(entry.attributes)
    read = {name: find(entry.attributes) for name, find in found.tells.items()}
    hidden = entry.attributes.concealed
    if hidden is not None:
        # A name that is a secret there may follow from other attributes, too: nothing is kept of it.
        return TerraformResource(entry.address, entry.type, found.kind, trouble="sensitive", attribute=hidden)
    tells = {name: text for name, text in read.items() if text is not None}
    trouble: Trouble | None = "no_id" if id_ is None else None
    trouble = "tainted" if entry.tainted else trouble
    trouble = "deposed" if entry.deposed else trouble
    return TerraformResource(entry.address, entry.type, found.kind, id_, tells, trouble)


def _settings(entries: Iterable[Entry]) -> Iterable[TerraformSetting]:
    for entry in entries:
        if entry.type in SETTINGS:
            kind, attribute = SETTINGS[entry.type]
            owner = entry.attributes.text(attribute)
            if owner is not None:
                yield TerraformSetting(entry.address, kind, owner)


def _refused(message: str, hint: str | None = None) -> StateError:
    return StateError(message, code=_CODE, hint=hint)
