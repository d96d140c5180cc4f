"""Owns example cases of a policy: reading them from beside it, and saying which of them come out as written."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, cast, get_args

from flowyml_infra.address import Address
from flowyml_infra.diagnostics import Diagnostic, did_you_mean
from flowyml_infra.errors import InfraError
from flowyml_infra.plan.changes import ACTIONS
from flowyml_infra.policy.engine import evaluate
from flowyml_infra.policy.facts import DriftFacts, Facts, ImageFacts
from flowyml_infra.policy.options import Options, SettingError, choice, flag, mapping, text, texts
from flowyml_infra.policy.subject import PlannedChange, PolicySubject, Purpose
from flowyml_infra.resources.catalogue import find_kind
from flowyml_infra.resources.values import Unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.plan.changes import Action
    from flowyml_infra.policy.decision import Decision
    from flowyml_infra.policy.policy_set import PolicySet
    from flowyml_infra.resources.values import Json, Value

UNKNOWN_TEXT: Final = "(known after apply)"
"""What stands in a case for a value that nobody knows yet."""


@dataclass(frozen=True, slots=True)
class Case:
    """One example.

    Attributes:
        name: What it shows.
        subject: What is judged.
        expect: The outcome.
        rules: The rules that deny or are pending, with or without the file's name before them; None when not told.
        says: What one of their messages contains; empty when not told.
    """

    name: str
    subject: PolicySubject
    expect: str
    rules: tuple[str, ...] | None = None
    says: str = ""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How one example came out: passed, or why not."""

    file: str
    name: str
    failure: str = ""

    @property
    def passed(self) -> bool:
        """Whether it came out as written."""
        return not self.failure


@dataclass(slots=True)
class CaseReading:
    """What reading a file of cases gave."""

    cases: list[Case] = field(default_factory=list)
    problems: list[Diagnostic] = field(default_factory=list)


def read_cases(data: bytes, name: str) -> CaseReading:
    """The cases in ``data``, a YAML document with a list under ``cases``.

    Raises:
        DefinitionError: It is no YAML.
    """
    from flowyml_infra.definition.document import load_document

    document = load_document(data, name)
    reading = CaseReading()
    value = document.value
    items = value.get("cases") if isinstance(value, dict) else None
    if not isinstance(items, list) or not items:
        hint = "write `cases:` and a list of them below it"
        place = document.locations.value(())
        reading.problems.append(Diagnostic("error", "policy.case", f"{name} has no cases", location=place, hint=hint))
        return reading
    for index, item in enumerate(items):
        try:
            reading.cases.append(_case(item))
        except SettingError as error:
            path = ("cases", index, *error.path)
            summary = f"{'.'.join(map(str, path))} {error.clause}"
            place = document.locations.value(path)
            reading.problems.append(Diagnostic("error", "policy.case", summary, location=place, hint=error.hint))
    return reading


def try_case(case: Case, policies: PolicySet, file: str) -> CaseResult:
    """Judge the subject of ``case`` and compare."""
    decision = evaluate(case.subject, policies)
    return CaseResult(file, case.name, _difference(case, decision))


def _difference(case: Case, decision: Decision) -> str:
    told = [item for item in decision.findings if item.severity in ("deny", "pending", "warn")]
    reasons = "; ".join(f"{item.rule} {item.severity}: {item.message}" for item in told) or "no rule said anything"
    if decision.outcome != case.expect:
        return f"expected {case.expect}, and it is {decision.outcome}: {reasons}"
    names = {item.rule for item in told if item.severity != "warn"}
    if case.rules is not None and {name.rpartition("/")[2] for name in names} != {
        name.rpartition("/")[2] for name in case.rules
    }:
        return f"expected the rules {', '.join(case.rules) or 'none'}, and it is {', '.join(sorted(names)) or 'none'}"
    if case.says and not any(case.says in item.message for item in told):
        return f"no message contains {case.says!r}: {reasons}"
    return ""


def _case(item: Json) -> Case:
    options = Options(mapping(item))
    case = Case(
        options.demand("name", text),
        options.demand("given", _subject),
        options.demand("expect", choice("allow", "deny", "pending")),
        options.read("rules", texts, None),
        options.read("says", text, ""),
    )
    options.finish()
    return case


def _subject(setting: Json) -> PolicySubject:
    options = Options(mapping(setting))
    image = options.read("image", text, None)
    labels = options.read("image_labels", _labels, None)
    facts = Facts(
        {} if image is None or labels is None else {image: ImageFacts(labels)},
        options.read("now", _time, None),
        options.read("actor", text, None),
        options.read("account", text, None),
        options.read("drift", _drift, None),
    )
    subject = PolicySubject(
        stack=options.read("stack", text, "example"),
        environment=options.read("environment", text, "default"),
        labels=options.read("labels", _labels, {}),
        image=image,
        changes=options.read("resources", _changes, ()),
        facts=facts,
        purpose=cast("Purpose", options.read("for", choice(*get_args(Purpose)), "apply")),
        existing=options.read("existing", _labels, {}),
    )
    options.finish()
    return subject


def _drift(setting: Json) -> DriftFacts:
    options = Options(mapping(setting))
    facts = DriftFacts(
        options.read("since", _time, None),
        options.read("looked", flag, True),  # noqa: FBT003
        options.read("unreviewed", _by_address, {}),
        options.read("unknown", _by_address, {}),
    )
    options.finish()
    return facts


def _by_address(setting: Json) -> dict[Address, str]:
    found: dict[Address, str] = {}
    for name, value in mapping(setting).items():
        try:
            found[_address(name)] = text(value)
        except SettingError as error:
            raise SettingError(error.clause, (name, *error.path), error.hint) from None
    return found


def _labels(setting: Json) -> dict[str, str]:
    found = mapping(setting)
    for name, value in found.items():
        if not isinstance(value, str):
            raise SettingError(f"is {value!r}, which is not a text", (name,), "put it in quotes")
    return {name: str(value) for name, value in found.items()}


def _time(setting: Json) -> datetime:
    written = text(setting)
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise SettingError(f"is {written!r}, which is no time", hint="write it as 2026-03-31T09:30:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _changes(setting: Json) -> tuple[PlannedChange, ...]:
    if not isinstance(setting, list):
        raise SettingError("is not a list")
    found = []
    for index, item in enumerate(setting):
        try:
            found.append(_change(mapping(item)))
        except SettingError as error:
            raise SettingError(error.clause, (index, *error.path), error.hint) from None
    return tuple(found)


def _change(item: Mapping[str, Json]) -> PlannedChange:
    options = Options(item)
    address = options.demand("address", _address)
    action = cast("Action", options.read("action", choice(*ACTIONS), "create"))
    nothing: dict[str, Json] = {}
    before = options.read("before", mapping, nothing)
    after = options.read("after", mapping, nothing)
    options.finish()
    values = {} if action in ("delete", "forget") else _filled(address, after, "after")
    return PlannedChange(address, action, values, _filled(address, before, "before") if before else {})


def _address(setting: Json) -> Address:
    try:
        address = Address.parse(text(setting))
        find_kind(address)
    except InfraError as error:
        raise SettingError(f"is {setting!r}: {error.message}", hint=error.hint) from None
    return address


def _filled(address: Address, given: Mapping[str, Json], side: str) -> dict[str, Value]:
    """``given`` with the defaults of the kind, and unknowns where the case says so."""
    properties = find_kind(address).properties
    names = [item.name for item in properties]
    for name in given:
        if name not in names:
            hint = did_you_mean(name, names) or f"{address.provider}.{address.kind} has {', '.join(names)}"
            raise SettingError("is no property of the kind", (side, name), hint)
    values = {item.name: item.default for item in properties} | dict(given)
    return {name: Unknown() if value == UNKNOWN_TEXT else cast("Value", value) for name, value in values.items()}
