"""Owns the gathering of the policies in force: flowyml.yaml, the files it names, the waivers, and one digest of all."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from flowyml_infra.diagnostics import Diagnostic, Location, did_you_mean
from flowyml_infra.errors import DefinitionError
from flowyml_infra.policy.files import path_in
from flowyml_infra.policy.options import SettingError, texts
from flowyml_infra.policy.policy_set import PolicySet, digest_of
from flowyml_infra.policy.reading import Source, nowhere, read_policy
from flowyml_infra.policy.waivers import WAIVERS_FILE, read_waiver
from flowyml_infra.resolution.places import is_remote
from flowyml_infra.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from flowyml_infra.policy.files import Fetch, PolicyFiles
    from flowyml_infra.policy.policy_set import Entry
    from flowyml_infra.policy.prices import Prices
    from flowyml_infra.policy.reading import Locate, Reading
    from flowyml_infra.policy.waivers import Waiver
    from flowyml_infra.resources.values import Json

CONFIG: Final = "flowyml.yaml"


class Gathering:
    """Policies on their way into one set: entries and mistakes so far, and the digests of what they were read from.

    Args:
        fetch: Gives the content of files by name or glob.
    """

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self.entries: list[Entry] = []
        self.waivers: list[Waiver] = []
        self.problems: list[Diagnostic] = []
        self.prices: Prices | None = None
        self.parts: dict[str, Json] = {"version": __version__}

    def files(self, pattern: str) -> Mapping[str, bytes]:
        """What ``pattern`` names; it counts in the digest."""
        found = self._fetch(pattern)
        for name, data in found.items():
            self.parts[f"file:{name}"] = hashlib.sha256(data).hexdigest()
        return found

    def add(self, document: Mapping[str, Json], source: Source) -> None:
        """Take in one policy."""
        document = self._with_price_file(document, source)
        reading = read_policy(document, source)
        self._take(reading)

    def add_file(self, name: str, data: bytes) -> None:
        """Take in a policy file; its entries are called after it."""
        from flowyml_infra.definition.document import load_document
        from flowyml_infra.definition.project_reading import refuse_variables

        try:
            document = load_document(data, name)
        except DefinitionError as error:
            self.problems.extend(error.diagnostics)
            return
        value = document.value
        prefix: tuple[str | int, ...] = ()
        if isinstance(value, dict) and list(value) == ["policies"]:
            value, prefix = value["policies"], ("policies",)
        if not isinstance(value, dict):
            hint = "write it as the `policies:` section of flowyml.yaml"
            self._refuse(name, "is not a mapping", hint)
            return
        self.problems.extend(refuse_variables(document.value, (), document.locations))
        source = Source(
            name,
            f"{path_in(name).stem}/",
            # Whoever wrote it must not choose what else is read here.
            _none_beside if is_remote(name) else self.files,
            lambda path: document.locations.value((*prefix, *path)),
        )
        self.add(value, source)

    def add_waivers(self, name: str, data: bytes) -> None:
        """Take in the waivers of a project."""
        self.parts[f"file:{name}"] = hashlib.sha256(data).hexdigest()
        from flowyml_infra.definition.document import load_document

        try:
            document = load_document(data, name)
        except DefinitionError as error:
            self.problems.extend(error.diagnostics)
            return
        value = document.value
        items = value.get("waivers") if isinstance(value, dict) and list(value) == ["waivers"] else None
        if not isinstance(items, list):
            self._refuse(name, "is not a list of waivers under `waivers:`", "`flowyml-infra policy waive` writes it")
            return
        for index, item in enumerate(items):
            try:
                self.waivers.append(read_waiver(item))
            except SettingError as error:
                path = ("waivers", index, *error.path)
                place = document.locations.value(path)
                summary = f"{'.'.join(map(str, path))} {error.clause}"
                self.problems.append(Diagnostic("error", "policy.waiver", summary, location=place, hint=error.hint))

    def finish(self) -> PolicySet:
        """The set.

        Raises:
            DefinitionError: There were mistakes; ``diagnostics`` has all of them.
        """
        self._check_names()
        if self.problems:
            from flowyml_infra.definition.document import definition_error

            raise definition_error(self.problems)
        versions: dict[str, Json] = {entry.name: entry.rule.version for entry in self.entries if entry.rule.version}
        digest = digest_of({**self.parts, "rules": versions})
        return PolicySet(tuple(self.entries), tuple(self.waivers), self.prices, digest)

    def _take(self, reading: Reading) -> None:
        self.entries.extend(reading.entries)
        self.problems.extend(reading.problems)
        self.prices = self.prices or reading.prices

    def _with_price_file(self, document: Mapping[str, Json], source: Source) -> Mapping[str, Json]:
        named = document.get("prices")
        if not isinstance(named, str):
            return document
        from flowyml_infra.definition.document import load_document

        rest = {key: value for key, value in document.items() if key != "prices"}
        try:
            [(name, data)] = source.files(named).items()
            return {**rest, "prices": load_document(data, name).value}
        except SettingError as error:
            summary = f"prices {error.clause}"
            self.problems.append(
                Diagnostic("error", "policy.file", summary, location=source.locate(("prices",)), hint=error.hint)
            )
        except ValueError:
            self._refuse(source.name, "names more than one file of prices", "name one")
        except DefinitionError as error:
            self.problems.extend(error.diagnostics)
        return rest

    def _check_names(self) -> None:
        names = [entry.name for entry in self.entries]
        for name in dict.fromkeys(name for name in names if names.count(name) > 1):
            self._refuse(CONFIG, f"leads to two rules called {name!r}", "give one of the policy files another name")
        for waiver in self.waivers:
            entry = next((entry for entry in self.entries if entry.name == waiver.rule), None)
            if entry is None:
                hint = did_you_mean(waiver.rule, names) or f"the rules in force are {', '.join(names) or 'none'}"
                self._refuse(WAIVERS_FILE, f"waives {waiver.rule!r}, which is no rule in force", hint)
            elif not entry.waivable:
                hint = f"remove it; {entry.source} says so"
                self._refuse(WAIVERS_FILE, f"waives {waiver.rule!r}, which cannot be waived", hint)

    def _refuse(self, file: str, clause: str, hint: str) -> None:
        self.problems.append(
            Diagnostic("error", "policy.invalid", f"{file} {clause}", location=Location(file), hint=hint)
        )


def load_policies(
    document: Mapping[str, Json], fetch: Fetch | None = None, locate: Locate = nowhere, waivers: bytes | None = None
) -> PolicySet:
    """The policies that ``document``, the ``policies`` section of flowyml.yaml, and the files it names put in force.

    Args:
        document: The section as plain JSON.
        fetch: Gives the files that it names; without one it may name none.
        locate: Where in flowyml.yaml the value at a path below ``policies`` is written.
        waivers: The content of the waivers' file, or None when there is none.

    Raises:
        DefinitionError: A rule is not known, or a setting cannot be read; ``diagnostics`` has every such mistake.
    """
    gathering = Gathering(fetch or _no_files)
    inline = {key: value for key, value in document.items() if key != "files"}
    gathering.parts["inline"] = dict(document)
    gathering.add(inline, Source(CONFIG, "", gathering.files, locate))
    try:
        patterns = texts(document.get("files", []))
        for pattern in patterns:
            for name, data in gathering.files(pattern).items():
                gathering.add_file(name, data)
    except SettingError as error:
        gathering.problems.append(
            Diagnostic(
                "error",
                "policy.file",
                f"policies.files {error.clause}",
                location=locate(("files", *error.path)),
                hint=error.hint,
            )
        )
    if waivers is not None:
        gathering.add_waivers(WAIVERS_FILE, waivers)
    return gathering.finish()


def load_project_policies(
    root: Path, document: Mapping[str, Json], locate: Callable[..., Location | None], files: PolicyFiles
) -> PolicySet:
    """The policies in force in a project, with its waivers.

    Args:
        root: The project's folder.
        document: The ``policies`` section of flowyml.yaml as plain JSON.
        locate: Finds places in flowyml.yaml.
        files: Gives the files that it names.

    Raises:
        DefinitionError: One of them is wrong; ``diagnostics`` has every mistake with its place.
        ResolutionError: One that is elsewhere is not to be had as it is pinned.
    """
    try:
        waivers: bytes | None = (root / WAIVERS_FILE).read_bytes()
    except FileNotFoundError:
        waivers = None
    policies = load_policies(document, files, lambda path: locate("policies", *path), waivers)
    return replace(policies, shared=tuple(files.shared.values()), unchecked=files.unchecked)


def load_policy_file(name: str, files: PolicyFiles) -> PolicySet:
    """The policies of one file alone, as if it were the only one; Rego files count too.

    Raises:
        DefinitionError: It cannot be read, or is wrong.
        ResolutionError: It is elsewhere, and not to be had.
    """
    gathering = Gathering(files)
    try:
        [(found, data)] = gathering.files(name).items()
    except (SettingError, ValueError) as error:
        reason = error.clause if isinstance(error, SettingError) else "is not one file"
        raise DefinitionError(f"the policy {reason}", code="policy.file", hint="name one file") from None
    if path_in(found).suffix == ".rego":
        gathering.add({"rego": [name]}, Source(found, f"{path_in(found).stem}/", gathering.files))
    else:
        gathering.add_file(found, data)
    return gathering.finish()


def _no_files(pattern: str) -> Mapping[str, bytes]:
    raise SettingError(f"names {pattern}, and no files are at hand")


def _none_beside(pattern: str) -> Mapping[str, bytes]:
    raise SettingError(f"names {pattern}, and a policy from elsewhere names no files", hint="name it in flowyml.yaml")
