"""Owns the reading of a policy: from plain JSON to entries, with every mistake named and placed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from flowyml_infra.diagnostics import Diagnostic, did_you_mean
from flowyml_infra.policy.options import Options, SettingError, choice, flag, mapping, text
from flowyml_infra.policy.plugins import plugin_names, plugin_rule
from flowyml_infra.policy.policy_set import Entry
from flowyml_infra.policy.rules.catalogue import BUDGETS, NAMES, SHORT, builtin_rule
from flowyml_infra.policy.rules.rule import ENTRY_KEYS
from flowyml_infra.policy.scope import EVERYWHERE, read_scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from flowyml_infra.diagnostics import Location
    from flowyml_infra.policy.prices import Prices
    from flowyml_infra.policy.rules.rule import Rule
    from flowyml_infra.policy.scope import Scope
    from flowyml_infra.resources.values import Json

    Path = tuple[str | int, ...]
    Locate = Callable[[Path], Location | None]

REGO: Final = "rego"
SECTIONS: Final = ("allowed_stacks", "required_labels", "image_policy", "rules", "budgets", "prices", REGO)
"""The keys of a policy; ``files`` beside them is for flowyml.yaml alone."""
_COMMON: Final = tuple(key for key in ENTRY_KEYS if key != "name")
"""The keys of every entry but its name, which is the key that it stands under, or taken off before."""
_IMAGE_KEYS: Final = tuple(name.partition(".")[2] for name in SHORT if name.startswith("image_policy."))


def nowhere(_: Path) -> None:
    """Places that nobody knows."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a policy comes from.

    Attributes:
        name: The file, for messages.
        prefix: What the names of its entries begin with.
        files: Gives the content of the files that a pattern names, by name; raises ``SettingError``.
        locate: Where the value at a path is written.
    """

    name: str
    prefix: str = ""
    files: Callable[[str], Mapping[str, bytes]] = lambda _: {}
    locate: Locate = nowhere


@dataclass(slots=True)
class Reading:
    """What reading a policy gave: its entries, its prices or None, and its mistakes."""

    source: Source
    entries: list[Entry] = field(default_factory=list)
    prices: Prices | None = None
    problems: list[Diagnostic] = field(default_factory=list)

    def refuse(self, path: Path, error: SettingError) -> None:
        """Note a mistake at ``path``."""
        where = (*path, *error.path)
        name = ".".join(map(str, where)) or "the policy"
        place = self.source.locate(where)
        self.problems.append(
            Diagnostic("error", "policy.invalid", f"{name} {error.clause}", location=place, hint=error.hint)
        )


def read_policy(document: Mapping[str, Json], source: Source) -> Reading:
    """The entries of ``document`` and what is wrong with it."""
    reading = Reading(source)
    for key in document:
        if key not in SECTIONS:
            hint = did_you_mean(key, SECTIONS) or f"a policy has {', '.join(SECTIONS)}"
            reading.refuse((), SettingError("is not a part of a policy", (key,), hint))
    prices = document.get("prices")
    for name, path, value in _short(document, reading):
        _add(reading, _Draft(name, path, SHORT[name], value, prices))
    for section, known in (("rules", (*NAMES, REGO)), ("budgets", BUDGETS)):
        for draft in _listed(document.get(section, {}), section, known, reading, prices):
            _add(reading, draft)
    if REGO in document:
        _add(reading, _Draft(REGO, (REGO,), REGO, document[REGO], prices))
    _refuse_doubles(reading)
    if prices is not None:
        _read_prices(prices, reading)
    return reading


@dataclass(frozen=True, slots=True)
class _Draft:
    """An entry before its rule reads it: its name, where it stands, its rule, and its setting."""

    name: str
    path: Path
    rule: str
    value: Json
    prices: Json = None


def _short(document: Mapping[str, Json], reading: Reading) -> Iterator[tuple[str, Path, Json]]:
    """The rules that have a key of their own."""
    for name in ("allowed_stacks", "required_labels"):
        if name in document:
            yield name, (name,), document[name]
    images = document.get("image_policy", {})
    if not isinstance(images, dict):
        reading.refuse(("image_policy",), SettingError("is not a mapping of rules"))
        return
    for key, value in images.items():
        if key in _IMAGE_KEYS:
            yield f"image_policy.{key}", ("image_policy", key), value
        else:
            hint = did_you_mean(key, _IMAGE_KEYS) or f"known here: {', '.join(_IMAGE_KEYS)}"
            reading.refuse(("image_policy",), SettingError("is not known here", (key,), hint))


def _listed(section: Json, name: str, known: tuple[str, ...], reading: Reading, prices: Json) -> Iterator[_Draft]:
    """The entries of ``rules`` or ``budgets``, written as a mapping by name or as a list."""
    if isinstance(section, dict):
        items: list[tuple[str | int, Json]] = list(section.items())
    elif isinstance(section, list):
        items = list(enumerate(section))
    else:
        reading.refuse((name,), SettingError("is neither a mapping nor a list of rules"))
        return
    for key, value in items:
        try:
            yield _draft(key, value, name, known, prices)
        except SettingError as error:
            reading.refuse((name, key), error)


def _draft(key: str | int, value: Json, section: str, known: tuple[str, ...], prices: Json) -> _Draft:
    path = (section, key)
    if isinstance(key, int):
        entry = mapping(value)
        if "rule" not in entry:
            raise SettingError("names no rule", hint=f"add `rule:` with one of {', '.join(known)}")
        rule = text(entry["rule"])
        called = entry.get("name", rule)
        rest: Json = {item: setting for item, setting in entry.items() if item != "name"}
        return _Draft(text(called), path, _known(rule, known, named=True), rest, prices)
    named = isinstance(value, dict) and "rule" in value
    rule = text(cast("dict[str, Json]", value)["rule"]) if named else key
    return _Draft(key, path, _known(rule, known, named=named), value, prices)


def _known(rule: str, known: tuple[str, ...], *, named: bool) -> str:
    offered = plugin_names() if rule not in known and known is not BUDGETS else []
    if rule in known or rule in offered:
        return rule
    every = (*known, *offered)
    hint = did_you_mean(rule, every) or f"the rules are {', '.join(every)}"
    raise SettingError(f"is {rule!r}, which is no rule of this version", ("rule",) if named else (), hint)


def _add(reading: Reading, draft: _Draft) -> None:
    try:
        entry = _entry(draft, reading.source)
    except SettingError as error:
        reading.refuse(draft.path, error)
        return
    reading.entries.append(entry)


def _entry(draft: _Draft, source: Source) -> Entry:
    rule = _rule(draft.rule)
    common, own = _parted(draft.value, rule)
    options = Options(common)
    options.read("rule", text, "")
    severity = options.read("severity", choice("deny", "warn", "info"), "deny")
    scope: Scope = options.read("scope", read_scope, EVERYWHERE)
    waivable = options.read("waivable", flag, True)  # noqa: FBT003
    return Entry(
        name=f"{source.prefix}{draft.name}",
        rule=rule,
        setting=_setting(rule, own, draft, source),
        severity=cast("Any", severity),
        scope=scope,
        waivable=waivable,
        source=source.name,
    )


def _rule(name: str) -> Rule:
    if name == REGO:
        from flowyml_infra.policy.rego import RULE

        return RULE
    found = builtin_rule(name) or plugin_rule(name)
    if found is None:
        raise SettingError(f"names the rule {name!r}, which there is not")
    return found


def _parted(value: Json, rule: Rule) -> tuple[dict[str, Json], dict[str, Json]]:
    """What every entry has, and what the rule itself reads; anything but a mapping is the rule's main setting."""
    keys = rule.keys()
    if isinstance(value, dict) and (not rule.maps or any(key in value for key in (*keys, *_COMMON))):
        common = {key: item for key, item in value.items() if key in _COMMON}
        return common, {key: item for key, item in value.items() if key not in common}
    if rule.main is None:
        raise SettingError("is not a mapping", hint=f"{rule.name} takes {', '.join(keys)}" if keys else None)
    return {}, {rule.main: value}


def _setting(rule: Rule, own: dict[str, Json], draft: _Draft, source: Source) -> Any:  # noqa: ANN401 -- the rule's own
    if rule.name == "monthly_cost" and draft.prices is not None:
        own = {"prices": draft.prices, **own}
    options = Options(own)
    try:
        setting = rule.read(options)
        options.finish()
    except SettingError as error:
        shorthand = not isinstance(draft.value, dict) and error.path[:1] == (rule.main,)
        raise SettingError(error.clause, error.path[1:] if shorthand else error.path, error.hint) from None
    if draft.rule == REGO:
        from flowyml_infra.policy.rego import load_program

        return load_program(setting, source.files)
    return setting


def _refuse_doubles(reading: Reading) -> None:
    seen: set[str] = set()
    for entry in reading.entries:
        if entry.name in seen:
            error = SettingError(f"has two rules called {entry.name!r}", hint="give one of them another name")
            reading.refuse((), error)
        seen.add(entry.name)


def _read_prices(prices: Json, reading: Reading) -> None:
    from flowyml_infra.policy.prices import read_prices

    try:
        reading.prices = read_prices(prices)
    except SettingError as error:
        reading.refuse(("prices",), error)
