"""Owns the context of a pipeline: parameters that steps get by the names of their arguments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flowyml_infra.diagnostics import did_you_mean


class Context(Mapping[str, object]):
    """Parameters by name, as a mapping and as attributes. It never changes; :meth:`updated` gives another one."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> object:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __getattr__(self, name: str) -> object:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._values:
            return self._values[name]
        hint = did_you_mean(name, self._values)
        raise AttributeError(f"the context has no parameter {name!r}" + (f"; {hint}" if hint else ""))

    def __repr__(self) -> str:
        return f"context({', '.join(self._values)})"

    def updated(self, values: Mapping[str, object]) -> Context:
        """A context with ``values`` in place of those of the same names."""
        return Context({**self._values, **values})


def context(**params: object) -> Context:
    """Parameters for a pipeline: a step gets one by naming an argument like it."""
    return Context(params)
