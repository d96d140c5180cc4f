"""Owns policies in Rego: which modules there are, what they are asked, and reading their answers.

The rules are those that Conftest asks: ``deny``, ``violation`` and ``warn``, each also with ``_`` and a name after it,
in the package ``main``, but for those that its ``exception`` names. See https://www.conftest.dev.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from flowyml_infra.address import Address
from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.errors import PolicyDeniedError
from flowyml_infra.policy.document import subject_document
from flowyml_infra.policy.options import SettingError, texts
from flowyml_infra.policy.rego_data import read_data
from flowyml_infra.policy.rego_input import hand_over
from flowyml_infra.policy.rego_interpreter import (
    UnansweredError,
    answers,
    interpreter_of,
    query,
    reason_in,
)
from flowyml_infra.policy.rego_source import SourceError, grouped, rewrite
from flowyml_infra.policy.rego_view import View, view_of
from flowyml_infra.policy.rules.rule import ALWAYS, Remark, Rule, matches, unknown, violated
from flowyml_infra.resources.values import LEAVES, Sealed, Secret, leaves

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from flowyml_infra.policy.options import Options
    from flowyml_infra.policy.rego_interpreter import Answer
    from flowyml_infra.policy.subject import PolicySubject
    from flowyml_infra.resources.values import Json, Value

_PACKAGE: Final = re.compile(r"^\s*package\s+([\w.]+)", re.MULTILINE)
_HEAD: Final = re.compile(r"^[ \t]*(?:default\s+)?((?:deny|violation|warn)(?:_[a-zA-Z0-9]+)*)\b", re.MULTILINE)
_EXCEPTION: Final = re.compile(r"^[ \t]*exception\b", re.MULTILINE)
_DATA: Final = re.compile(r"(?<![\w.])data\s*\.\s*(\w+)")
_OUTSIDE: Final = re.compile(r"\b(http\.send|opa\.runtime|net\.\w+|rand\.\w+)\s*\(")
_QUOTED: Final = re.compile(r'"(?:\\.|[^"\\\n])*"|`[^`]*`|#[^\n]*')
_PACKAGES: Final[tuple[str, ...]] = ("main",)
_NOT_PLAIN: Final = (dict, list, *LEAVES)


@dataclass(frozen=True, slots=True)
class Setting:
    """The files or globs, the packages whose rules are asked, by glob, and the files of data that they use."""

    files: tuple[str, ...]
    packages: tuple[str, ...]
    data: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Program:
    """Modules by file name, what to ask, and what it is asked with.

    Attributes:
        modules: The sources by file name.
        rules: The rules to ask, each by its full name.
        view: What they look at, where that can be told.
        data: What they find under ``data``.
        exceptions: The rules that say which others are not to count, each by its full name.
    """

    modules: tuple[tuple[str, str], ...]
    rules: tuple[str, ...]
    view: View | None = None
    data: dict[str, Json] = field(default_factory=dict)
    exceptions: tuple[str, ...] = ()


def read(options: Options) -> Setting:
    """The setting."""
    files = options.demand("files", _files)
    return Setting(files, options.read("packages", texts, _PACKAGES), options.read("data", _files, ()))


def _files(setting: Json) -> tuple[str, ...]:
    return (setting,) if isinstance(setting, str) and setting else texts(setting)


def load_program(setting: Setting, files: Callable[[str], Mapping[str, bytes]]) -> Program:
    """Read the modules that ``setting`` names, and their data; tests beside them are left out.

    Raises:
        SettingError: A file cannot be read, is no Rego, reaches outside or for data that nothing gives, or no rule is
            there to be asked.
    """
    found = _read(setting.files, "files", files)
    modules = {name: _text(name, data) for name, data in found.items() if not name.endswith("_test.rego")}
    modules = {name: _rewritten(name, source) for name, source in modules.items()}
    plain = {name: _plain(source) for name, source in modules.items()}
    packages = {name: _package(name, text) for name, text in plain.items()}
    rules, exceptions = _rules(plain, packages, setting.packages)
    data = read_data(_read(setting.data, "data", files))
    _check_data(modules, {package.partition(".")[0] for package in packages.values()} | data.keys())
    _parse(modules, data)
    return Program(tuple(sorted(modules.items())), rules, view_of(modules.values()), data, exceptions)


def _read(patterns: tuple[str, ...], key: str, files: Callable[[str], Mapping[str, bytes]]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for index, pattern in enumerate(patterns):
        try:
            found |= files(pattern)
        except SettingError as error:
            raise SettingError(error.clause, (key, index, *error.path), error.hint) from None
    return found


def _rewritten(name: str, source: str) -> str:
    try:
        return rewrite(source)
    except SourceError as error:
        raise SettingError(f"names {name}, which is no Rego: {error}", ("files",), "mend the policy") from None


def _text(name: str, data: bytes) -> str:
    try:
        source = data.decode("utf-8")
    except UnicodeDecodeError:
        raise SettingError(f"names {name}, which is not UTF-8") from None
    outside = _OUTSIDE.search(_QUOTED.sub(" ", source))
    if outside:
        hint = "hand facts in: `input.stack` has who, when, and the image's labels"
        raise SettingError(f"names {name}, which calls {outside[1]}; policies reach nothing outside", hint=hint)
    return source


def _rules(
    plain: Mapping[str, str], packages: Mapping[str, str], asked: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The rules to ask, and those that name exceptions; ``plain`` and ``packages`` are by module."""
    found: dict[str, None] = {}
    exceptions: dict[str, None] = {}
    for name, package in packages.items():
        if not matches(package, asked):
            continue
        found.update(dict.fromkeys(f"data.{package}.{rule}" for rule in _HEAD.findall(plain[name])))
        if _EXCEPTION.search(plain[name]):
            exceptions[f"data.{package}.exception"] = None
    if not found:
        hint = "write `package main` and `deny contains msg if { … }`"
        raise SettingError(f"has no deny, violation or warn in the package {' or '.join(asked)}", hint=hint)
    return tuple(found), tuple(exceptions)


def _plain(source: str) -> str:
    """``source`` without texts and what stands in brackets: a line begins with a rule or goes on with one."""
    return "".join(part if isinstance(part, str) and part[0] not in '"`' else "[]" for part in grouped(source))


def _package(name: str, plain: str) -> str:
    package = _PACKAGE.search(plain)
    if package is None:
        raise SettingError(f"names {name}, which has no package", hint="begin it with `package main`")
    return package[1]


def _check_data(modules: Mapping[str, str], known: AbstractSet[str]) -> None:
    """Refuse a policy that reaches for data which is not there: it would find nothing, and say nothing.

    Raises:
        SettingError: One does.
    """
    for name, source in modules.items():
        for word in _DATA.findall(_QUOTED.sub(" ", source)):
            if word not in known:
                hint = did_you_mean(word, known) or "name the file that has it under `data`"
                raise SettingError(f"names {name}, which uses data.{word}, and nothing gives that", hint=hint)


def judge(subject: PolicySubject, program: Program) -> Iterator[Remark]:
    """Ask every rule, and say what cannot be known before the apply: Rego cannot tell unknown from absent."""
    interpreter = interpreter_of(dict(program.modules), program.data)
    document = subject_document(subject)
    hand_over(interpreter, document if program.view is None else program.view.narrow(document))
    addresses = {change.address for change in subject.changes}
    excepted = set(_excepted(interpreter, program.exceptions))
    for rule, answer in answers(interpreter, program.rules):
        if isinstance(answer, UnansweredError):
            message = f"{rule} could not be evaluated{reason_in(answer)}, so it can allow nothing"
            yield violated(message, hint="mend the policy")
        else:
            for remark in _remarks(rule, answer, addresses):
                yield _let_through(remark) if rule in excepted else remark
    for change in subject.resources():
        open_ = list(_open_paths(change.after))
        if open_:
            message = f"{', '.join(open_)} {'is' if len(open_) == 1 else 'are'} not known before the apply"
            yield unknown(message, change.address, later=change.action != "noop")


def _excepted(interpreter: Any, exceptions: tuple[str, ...]) -> Iterator[str]:  # noqa: ANN401 -- an untyped package
    """The rules, by their full names, that a policy itself excepts; none where that cannot be evaluated.

    Their names are given without what they begin with: ``names`` for ``deny_names``, and an empty text for ``deny``.
    """
    for exception, answer in answers(interpreter, exceptions) if exceptions else ():
        package = exception.rpartition(".")[0]
        for rule in _named_by(answer):
            for kind in ("deny", "violation", "warn"):
                yield f"{package}.{kind}_{rule}" if rule else f"{package}.{kind}"


def _named_by(answer: Answer | UnansweredError) -> Iterator[str]:
    members = [] if isinstance(answer, UnansweredError) else answer.members
    for member in members:
        yield from (item for item in (member if isinstance(member, list) else ()) if isinstance(item, str))


def _let_through(remark: Remark) -> Remark:
    return Remark("note", f"{remark.message} (an exception in the policy lets it pass)", remark.address)


def _open_paths(values: Mapping[str, Value]) -> Iterator[str]:
    """Where ``values`` have something that is neither plain nor masked."""
    for name, value in values.items():
        if isinstance(value, _NOT_PLAIN):
            yield from (path for path, leaf in leaves(value, name) if not isinstance(leaf, (Secret, Sealed)))


def _remarks(rule: str, answer: Answer, addresses: set[Address]) -> Iterator[Remark]:
    for value in answer.values:
        if value is True:
            yield _remark(rule, f"{rule} holds", None)
        elif value is not False and not isinstance(value, list):
            yield _remark(rule, _message(value), None)
    lists = [item for value in answer.values if isinstance(value, list) for item in value]
    # Where a list is all that a rule is, its members are only the numbers of its items.
    for message in lists or answer.members:
        address = message.get("address") if isinstance(message, dict) else None
        place = Address(address) if isinstance(address, str) and address in addresses else None
        yield _remark(rule, _message(message), place)


def _message(message: object) -> str:
    if isinstance(message, dict) and isinstance(message.get("msg"), str):
        return str(message["msg"])
    return message if isinstance(message, str) else json.dumps(message, ensure_ascii=False)


def _remark(rule: str, message: str, address: Address | None) -> Remark:
    name = rule.rpartition(".")[2]
    if name.startswith("warn"):
        return Remark("doubtful", message, address)
    return violated(message, address)


def _parse(modules: Mapping[str, str], data: Mapping[str, Json]) -> None:
    """Refuse what the interpreter cannot read.

    Raises:
        SettingError: It is no Rego.
    """
    try:
        interpreter = interpreter_of(modules, data)
        interpreter.set_input({})
        query(interpreter, "x := [1]")
    except PolicyDeniedError:
        # What cannot be asked denies; it is not an error of the policy.
        return
    except Exception as error:
        raise SettingError(f"names what is no Rego{reason_in(error)}", ("files",), "mend the policy") from None


RULE = Rule("rego", "what policies in Rego deny", read, judge, main="files", purposes=ALWAYS, whole=True)
