"""Owns the interpreter of Rego: finding it, giving it modules, and asking it what rules say.

It runs in this process and reaches nothing outside. See https://github.com/microsoft/rego-cpp.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from flowyml_infra.errors import PolicyDeniedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flowyml_infra.resources.values import Json

_REASON: Final = re.compile(r"errormsg \d+:([^)]*)\)")
_INSTALL: Final = "install the extra: pip install 'flowyml-infra[rego]'"


def find_regopy() -> Any:  # noqa: ANN401 -- an untyped package
    """The interpreter's package, or None where it is not installed."""
    try:
        import regopy
    except ImportError:
        return None
    return regopy


def interpreter_of(modules: Mapping[str, str], data: Mapping[str, Json]) -> Any:  # noqa: ANN401 -- an untyped package
    """An interpreter with ``modules``, sources by file name, and ``data``.

    Raises:
        PolicyDeniedError: There is none installed.
        RegoError: One of them is no Rego.
    """
    regopy = find_regopy()
    if regopy is None:
        raise PolicyDeniedError(
            "there are policies in Rego, and nothing here can read them", code="policy.rego_missing", hint=_INSTALL
        )
    interpreter = regopy.Interpreter()
    interpreter.log_level = regopy.LogLevel.NONE
    for name, source in modules.items():
        interpreter.add_module(name, source)
    if data:
        interpreter.add_data(dict(data))
    return interpreter


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rule says: the members of its set, and its value where it is none."""

    members: list[Any]
    values: list[Any]


class UnansweredError(Exception):
    """A query that the interpreter could not answer."""


def answers(interpreter: Any, rules: tuple[str, ...]) -> Iterator[tuple[str, Answer | UnansweredError]]:  # noqa: ANN401 -- an untyped package
    """What each rule says; all are asked at once, for each query costs as much as they do, unless one breaks it."""
    try:
        found = _ask(interpreter, rules)
    except UnansweredError as error:
        if len(rules) == 1:
            yield rules[0], error
            return
        for rule in rules:
            yield from answers(interpreter, (rule,))
    else:
        yield from zip(rules, found, strict=True)


def _ask(interpreter: Any, rules: tuple[str, ...]) -> list[Answer]:  # noqa: ANN401 -- an untyped package
    """What ``rules`` say.

    Raises:
        UnansweredError: The interpreter cannot tell for one of them.
    """
    text = "; ".join(
        f"members{n} := [m | {rule}[m]]; values{n} := [v | v := {rule}; not is_set(v); not is_object(v)]"
        for n, rule in enumerate(rules)
    )
    found = query(interpreter, text)
    return [Answer(found[f"members{n}"], found[f"values{n}"]) for n in range(len(rules))]


def query(interpreter: Any, text: str) -> dict[str, list[Any]]:  # noqa: ANN401 -- an untyped package
    """The values of the variables of ``text``.

    Raises:
        UnansweredError: The interpreter cannot tell.
    """
    try:
        answer = interpreter.query(text)
        # What went wrong cannot be told from the answer: reading one that is not right crashes the interpreter.
        document = json.loads(str(answer)) if answer.ok() else None
    except Exception as error:
        raise UnansweredError(str(error)) from error
    if document is None:
        raise UnansweredError
    found: dict[str, list[Any]] = document["bindings"]
    return found


def reason_in(error: Exception) -> str:
    """What the interpreter says is wrong, to be put after a sentence; empty where it says nothing."""
    reason = _REASON.search(str(error))
    return f": {reason[1]}" if reason is not None else ""
