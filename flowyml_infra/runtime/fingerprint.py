"""Owns the digest of a function's code: what it does as it is loaded now, not what its file says meanwhile.

Into it go the bytecode with its constants and nested functions, defaults, what closures hold, and what it names in its
module: plain values by value, functions and classes by their code in turn, also those of other modules of the same
project. What an installed package has counts by name and version. Line numbers and file names do not count, nor
does what the function itself changes.
"""

from __future__ import annotations

import hashlib
import sys
from enum import Enum
from functools import lru_cache, partial
from pathlib import PurePath
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any, Final

from flowyml_infra.errors import PipelineError
from flowyml_infra.runtime.artifacts.artifact import serialise
from flowyml_infra.runtime.bytecode import code_bytes, names_in
from flowyml_infra.runtime.effects import changed_in
from flowyml_infra.runtime.materializers.arrays import is_array
from flowyml_infra.runtime.step import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import CodeType

_PYTHON: Final = sys.implementation.cache_tag or ""
_ATOMS: Final = (type(None), bool, int, float, complex, str, bytes, type(...), range, PurePath)
_SPOKEN: Final = frozenset({"datetime", "decimal", "fractions", "uuid", "re", "ipaddress"})
"""Modules whose objects say all that they are in their ``repr``."""
_OF_NO_EFFECT: Final = frozenset(
    {"__annotations__", "__dict__", "__doc__", "__firstlineno__", "__static_attributes__", "__weakref__"}
)
_MOST_PARTS: Final = 100_000
"""What has more parts than this is not looked into; the function is then not cached."""


class OpaqueError(Exception):
    """What a function does depends on something that has no digest; the message names it."""


def code_digest(function: Callable[..., Any]) -> str:
    """SHA-256 over what ``function`` does, in hexadecimal.

    Raises:
        OpaqueError: A default or closure of it holds something that has no digest.
    """
    return _Walk(getattr(function, "__module__", None)).digest(function)


class _Walk:
    """One walk over a function and everything that it refers to.

    Args:
        home: The module whose functions are looked into even if it is an installed one.
    """

    def __init__(self, home: str | None) -> None:
        self._home = home
        self._hash = hashlib.sha256(_PYTHON.encode())
        # Functions and classes that were met, by identity; they live as long as what refers to them, so as the walk.
        self._met: dict[int, int] = {}
        # Containers that the walk is inside of. Equal ones may or may not be one object, so identity must not tell.
        self._open: set[int] = set()
        self._left = _MOST_PARTS

    def digest(self, value: object, name: str = "the step") -> str:
        self._value(value, name, strict=True)
        return self._hash.hexdigest()

    def _add(self, *texts: str) -> None:
        for text in texts:
            data = text.encode("utf-8", "surrogatepass")
            self._hash.update(b"%d:" % len(data) + data)

    def _value(self, value: Any, name: str, *, strict: bool) -> None:  # noqa: ANN401 -- anything
        """Take in ``value``; where it has no digest, refuse if ``strict``, else take in its type."""
        self._left -= 1
        if self._left < 0:
            raise OpaqueError(f"{name} is too large to be looked into")
        match value:
            case _ if isinstance(value, _ATOMS):
                self._add(type(value).__name__, repr(value))
            case FunctionType() | type():
                self._named(value)
            case Step():
                self._value(value.function, name, strict=strict)
            case MethodType():
                self._each("method", (value.__func__, value.__self__), name, strict=strict)
            case partial():
                self._each("partial", (value.func, value.args, value.keywords), name, strict=strict)
            case ModuleType():
                self._add("module", value.__name__, _version(value.__name__))
            case BuiltinFunctionType():
                self._add("builtin", str(value.__module__), value.__qualname__)
            case list() | tuple() | set() | frozenset() | dict():
                self._container(value, name, strict=strict)
            case _:
                self._object(value, name, strict=strict)

    def _each(self, title: str, values: Iterable[object], name: str, *, strict: bool) -> None:
        self._add(title)
        for value in values:
            self._value(value, name, strict=strict)

    def _named(self, value: FunctionType | type) -> None:
        """A function or class: its code when first met, its number from then on."""
        known = len(self._met)
        number = self._met.setdefault(id(value), known)
        if number != known:
            self._add("again", str(number))
        elif value.__module__ != self._home and _is_library(value.__module__):
            self._add("library", str(value.__module__), value.__qualname__, _version(value.__module__))
        elif isinstance(value, type):
            self._class(value)
        else:
            self._function(value)

    def _container(self, value: Any, name: str, *, strict: bool) -> None:  # noqa: ANN401 -- one of several
        if id(value) in self._open:
            self._add("cycle")
            return
        self._open.add(id(value))
        title = f"{type(value).__name__} {len(value)}"
        if isinstance(value, (set, frozenset)):
            # Their order differs from process to process.
            self._add(title, *sorted(_Walk(self._home).digest(item, name) for item in value))
        else:
            parts = value if not isinstance(value, dict) else (part for item in value.items() for part in item)
            self._each(title, parts, name, strict=strict)
        self._open.discard(id(value))

    def _function(self, function: FunctionType) -> None:
        code = function.__code__
        self._hash.update(code_bytes(code))
        defaults = (function.__defaults__, function.__kwdefaults__)
        self._each("defaults", defaults, f"a default of {function.__name__}", strict=True)
        for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
            try:
                content = cell.cell_contents
            except ValueError:
                self._add("empty", name)
            else:
                if not _is_effect(content, name, code):
                    self._each(name, [content], f"{name}, which {function.__name__} closes over,", strict=True)
        names = names_in(code)
        for name in names:
            if name in function.__globals__ and not _is_effect(function.__globals__[name], name, code):
                self._global(function.__globals__[name], name, names)

    def _global(self, value: object, name: str, names: tuple[str, ...]) -> None:
        """A value of the module; of a module of the project, the parts that are named as well."""
        self._each(name, [value], name, strict=False)
        if isinstance(value, ModuleType) and not _is_library(value.__name__):
            for part in names:
                item = value.__dict__.get(part)
                if item is not None and not isinstance(item, ModuleType):
                    self._each(part, [item], f"{name}.{part}", strict=False)

    def _class(self, kind: type) -> None:
        self._each(f"class {kind.__module__}.{kind.__qualname__}", kind.__bases__, kind.__name__, strict=False)
        for name, value in sorted(kind.__dict__.items()):
            if name in _OF_NO_EFFECT:
                continue
            inner = value.__func__ if isinstance(value, (staticmethod, classmethod)) else value
            parts = (inner.fget, inner.fset) if isinstance(inner, property) else (inner,)
            self._each(name, parts, name, strict=False)

    def _object(self, value: Any, name: str, *, strict: bool) -> None:  # noqa: ANN401 -- anything else
        """Any other object; what is not the function's own (``strict``) counts as far as that is cheap to tell."""
        kind = type(value)
        self._add("object", kind.__module__, kind.__qualname__)
        wrapped = getattr(value, "__wrapped__", None)
        if isinstance(value, Enum) or kind.__module__ in _SPOKEN:
            self._add(repr(value))
        elif isinstance(wrapped, FunctionType):
            self._named(wrapped)
        elif strict or is_array(value):
            self._named(kind)
            self._content(value, name)
        elif not _is_library(kind.__module__) and hasattr(value, "__dict__"):
            self._named(kind)
            self._container(vars(value), name, strict=False)

    def _content(self, value: object, name: str) -> None:
        try:
            self._add(serialise(value)[2])
        except PipelineError as error:
            raise OpaqueError(f"{name} holds a {type(value).__qualname__}, which has no digest") from error


def _is_effect(value: object, name: str, code: CodeType) -> bool:
    """Whether a function that has ``code`` changes what ``name`` stands for."""
    return not isinstance(value, (FunctionType, type, ModuleType, Step)) and name in changed_in(code)


@lru_cache(maxsize=1024)
def _is_library(module: str | None) -> bool:
    """Whether a module is the standard library's or an installed package's, and so changes with its version alone."""
    if module is None:
        return True
    top = module.partition(".")[0]
    if top == "__main__":
        return False
    if top == "flowyml_infra" or top in sys.stdlib_module_names:
        return True
    file = getattr(sys.modules.get(module), "__file__", None) or ""
    return "site-packages" in file or "dist-packages" in file


def _version(module: str | None) -> str:
    """The version that a module's package says it has, or nothing."""
    package = sys.modules.get((module or "").partition(".")[0])
    version = getattr(package, "__version__", "")
    return version if isinstance(version, str) else ""
