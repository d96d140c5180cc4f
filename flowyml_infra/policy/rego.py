"""Owns policies in Rego: which modules there are, asking them about the plan's JSON, and reading their answers.

The rules are those that Conftest asks: ``deny``, ``violation`` and ``warn``, each also with ``_`` and a name after it,
in the package ``main``. See https://www.conftest.dev. The interpreter runs in this process and reaches nothing outside.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from flowyml_infra.address import Address
from flowyml_infra.errors import PolicyDeniedError
from flowyml_infra.policy.document import subject_document
from flowyml_infra.policy.options import SettingError, texts
from flowyml_infra.policy.rego_input import hand_over
from flowyml_infra.policy.rego_source import SourceError, rewrite
from flowyml_infra.policy.rego_view import View, view_of
from flowyml_infra.policy.rules.rule import ALWAYS, Remark, Rule, unknown, violated
from flowyml_infra.resources.values import LEAVES, Sealed, Secret, leaves

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from flowyml_infra.policy.options import Options
    from flowyml_infra.policy.subject import PolicySubject
    from flowyml_infra.resources.values import Json, Value

_PACKAGE: Final = re.compile(r"^\s*package\s+([\w.]+)", re.MULTILINE)
_HEAD: Final = re.compile(r"^(?:default\s+)?((?:deny|violation|warn)(?:_[a-zA-Z0-9]+)*)\b", re.MULTILINE)
_OUTSIDE: Final = re.compile(r"\b(http\.send|opa\.runtime|net\.\w+|rand\.\w+)\s*\(")
_QUOTED: Final = re.compile(r'"(?:\\.|[^"\\\n])*"|`[^`]*`|#[^\n]*')
_REASON: Final = re.compile(r"errormsg \d+:([^)]*)\)")
_NOT_PLAIN: Final = (dict, list, *LEAVES)
_INSTALL: Final = "install the extra: pip install 'flowyml-infra[rego]'"


@dataclass(frozen=True, slots=True)
class Setting:
    """The files or globs, and the packages whose rules are asked."""

    files: tuple[str, ...]
    packages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Program:
    """Modules by file name, the rules to ask, each by its full name, and what they look at where that can be told."""

    modules: tuple[tuple[str, str], ...]
    rules: tuple[str, ...]
    view: View | None = None


def read(options: Options) -> Setting:
    """The setting."""
    return Setting(options.demand("files", _files), options.read("packages", texts, ("main",)))


def _files(setting: Json) -> tuple[str, ...]:
    return (setting,) if isinstance(setting, str) and setting else texts(setting)


def load_program(setting: Setting, files: Callable[[str], Mapping[str, bytes]]) -> Program:
    """Read the modules that ``setting`` names; tests beside them are left out.

    Raises:
        SettingError: A file cannot be read, is no Rego, reaches outside, or no rule is there to be asked.
    """
    modules: dict[str, str] = {}
    for index, pattern in enumerate(setting.files):
        try:
            found = files(pattern)
            modules |= {name: _text(name, data) for name, data in found.items() if not name.endswith("_test.rego")}
        except SettingError as error:
            raise SettingError(error.clause, ("files", index, *error.path), error.hint) from None
    rules = _rules(modules, setting.packages)
    modules = {name: _rewritten(name, source) for name, source in modules.items()}
    _parse(modules)
    return Program(tuple(sorted(modules.items())), rules, view_of(modules.values()))


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


def _rules(modules: Mapping[str, str], packages: tuple[str, ...]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for name, source in modules.items():
        plain = _QUOTED.sub(" ", source)
        package = _PACKAGE.search(plain)
        if package is None:
            raise SettingError(f"names {name}, which has no package", hint="begin it with `package main`")
        if package[1] in packages:
            found.update(dict.fromkeys(f"data.{package[1]}.{rule}" for rule in _HEAD.findall(plain)))
    if not found:
        hint = "write `package main` and `deny contains msg if { … }`"
        raise SettingError(f"has no deny, violation or warn in the package {' or '.join(packages)}", hint=hint)
    return tuple(found)


def judge(subject: PolicySubject, program: Program) -> Iterator[Remark]:
    """Ask every rule, and say what cannot be known before the apply: Rego cannot tell unknown from absent."""
    interpreter = _interpreter(dict(program.modules))
    document = subject_document(subject)
    hand_over(interpreter, document if program.view is None else program.view.narrow(document))
    addresses = {change.address for change in subject.changes}
    for rule, answer in _answers(interpreter, program.rules):
        if isinstance(answer, _UnansweredError):
            message = f"{rule} could not be evaluated{_said(answer)}, so it can allow nothing"
            yield violated(message, hint="mend the policy")
        else:
            yield from _remarks(rule, answer, addresses)
    for change in subject.resources():
        open_ = list(_open_paths(change.after))
        if open_:
            message = f"{', '.join(open_)} {'is' if len(open_) == 1 else 'are'} not known before the apply"
            yield unknown(message, change.address, later=change.action != "noop")


def _open_paths(values: Mapping[str, Value]) -> Iterator[str]:
    """Where ``values`` have something that is neither plain nor masked."""
    for name, value in values.items():
        if isinstance(value, _NOT_PLAIN):
            yield from (path for path, leaf in leaves(value, name) if not isinstance(leaf, (Secret, Sealed)))


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a rule says: the members of its set, and its value where it is none."""

    members: list[Any]
    values: list[Any]


class _UnansweredError(Exception):
    """A query that the interpreter could not answer."""


def _answers(interpreter: Any, rules: tuple[str, ...]) -> Iterator[tuple[str, _Answer | _UnansweredError]]:  # noqa: ANN401 -- an untyped package
    """What each rule says; all are asked at once, for each query costs as much as they do, unless one breaks it."""
    try:
        answers = _ask(interpreter, rules)
    except _UnansweredError as error:
        if len(rules) == 1:
            yield rules[0], error
            return
        for rule in rules:
            yield from _answers(interpreter, (rule,))
    else:
        yield from zip(rules, answers, strict=True)


def _ask(interpreter: Any, rules: tuple[str, ...]) -> list[_Answer]:  # noqa: ANN401 -- an untyped package
    """What ``rules`` say.

    Raises:
        _UnansweredError: The interpreter cannot tell for one of them.
    """
    query = "; ".join(
        f"members{n} := [m | {rule}[m]]; values{n} := [v | v := {rule}; not is_set(v); not is_object(v)]"
        for n, rule in enumerate(rules)
    )
    found = _query(interpreter, query)
    return [_Answer(found[f"members{n}"], found[f"values{n}"]) for n in range(len(rules))]


def _query(interpreter: Any, query: str) -> dict[str, list[Any]]:  # noqa: ANN401 -- an untyped package
    """The values of the variables of ``query``.

    Raises:
        _UnansweredError: The interpreter cannot tell.
    """
    try:
        answer = interpreter.query(query)
        # What went wrong cannot be told from the answer: reading one that is not right crashes the interpreter.
        document = json.loads(str(answer)) if answer.ok() else None
    except Exception as error:
        raise _UnansweredError(str(error)) from error
    if document is None:
        raise _UnansweredError
    found: dict[str, list[Any]] = document["bindings"]
    return found


def _remarks(rule: str, answer: _Answer, addresses: set[Address]) -> Iterator[Remark]:
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


def _said(error: Exception) -> str:
    reason = _REASON.search(str(error))
    return f": {reason[1]}" if reason is not None else ""


def _message(message: object) -> str:
    if isinstance(message, dict) and isinstance(message.get("msg"), str):
        return str(message["msg"])
    return message if isinstance(message, str) else json.dumps(message, ensure_ascii=False)


def _remark(rule: str, message: str, address: Address | None) -> Remark:
    name = rule.rpartition(".")[2]
    if name.startswith("warn"):
        return Remark("doubtful", message, address)
    return violated(message, address)


def _parse(modules: Mapping[str, str]) -> None:
    """Refuse what the interpreter cannot read.

    Raises:
        SettingError: It is no Rego.
    """
    if find_regopy() is None:
        # What cannot be asked denies; it is not an error of the policy.
        return
    try:
        interpreter = _interpreter(modules)
        interpreter.set_input({})
        _query(interpreter, "x := [1]")
    except Exception as error:
        raise SettingError(f"names what is no Rego{_said(error)}", ("files",), "mend the policy") from None


def find_regopy() -> Any:  # noqa: ANN401 -- an untyped package
    """The interpreter's package, or None where it is not installed."""
    try:
        import regopy
    except ImportError:
        return None
    return regopy


def _interpreter(modules: Mapping[str, str]) -> Any:  # noqa: ANN401 -- an untyped package
    regopy = find_regopy()
    if regopy is None:
        raise PolicyDeniedError(
            "there are policies in Rego, and nothing here can read them", code="policy.rego_missing", hint=_INSTALL
        )
    interpreter = regopy.Interpreter()
    interpreter.log_level = regopy.LogLevel.NONE
    for name, source in modules.items():
        interpreter.add_module(name, source)
    return interpreter


RULE = Rule("rego", "what policies in Rego deny", read, judge, main="files", purposes=ALWAYS, whole=True)
