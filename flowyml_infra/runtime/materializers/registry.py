"""Owns the choice of a form for a value, and finding the form again that an artifact was written in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.errors import PipelineError
from flowyml_infra.runtime.materializers.arrays import NumpyArrays, is_array
from flowyml_infra.runtime.materializers.plain import PlainJson, is_plain

if TYPE_CHECKING:
    from flowyml_infra.runtime.materializers.materializer import Materializer

_PLAIN = PlainJson()
_ARRAYS = NumpyArrays()
_by_type: dict[type, Materializer] = {}
_by_format: dict[str, Materializer] = {_PLAIN.format: _PLAIN, _ARRAYS.format: _ARRAYS}


def register_materializer(type_: type, materializer: Materializer) -> None:
    """Store values of ``type_`` and of its subclasses through ``materializer`` from now on, in this process.

    Raises:
        PipelineError: Another materializer has its format's name.
    """
    known = _find(materializer.format)
    if known is not None and type(known) is not type(materializer):
        raise PipelineError(
            f"the format {materializer.format!r} is {type(known).__name__}'s",
            code="artifact.format_taken",
            hint="give the materializer a format name of its own, for example 'parquet'",
        )
    _by_type[type_] = materializer
    _by_format[materializer.format] = materializer


def unregister_materializer(type_: type) -> None:
    """Take back :func:`register_materializer` for this type; what was stored can still be read."""
    _by_type.pop(type_, None)


def materializer_for(value: object) -> Materializer:
    """The form that ``value`` is stored in: a registered one, JSON, an array, else pickle."""
    for kind in type(value).__mro__ if _by_type else ():
        if kind in _by_type:
            return _by_type[kind]
    if is_plain(value):
        return _PLAIN
    return _ARRAYS if is_array(value) else _pickled()


def materializer_of(format_: str) -> Materializer:
    """The form of this name.

    Raises:
        PipelineError: There is none of this name in this process.
    """
    found = _find(format_)
    if found is None:
        raise PipelineError(
            f"the artifact is in the format {format_!r}, which nothing here reads",
            code="artifact.format_unknown",
            hint=did_you_mean(format_, _by_format) or "register its materializer before it is loaded",
        )
    return found


def _find(format_: str) -> Materializer | None:
    return _pickled() if format_ == "pickle" else _by_format.get(format_)


def _pickled() -> Materializer:
    if "pickle" not in _by_format:
        from flowyml_infra.runtime.materializers.pickled import Pickled

        _by_format["pickle"] = Pickled()
    return _by_format["pickle"]
