"""Owns the way from a request to a compiled definition: resolve, load, expand, and remember the result on disk.

What is remembered is used again only while everything that it was made from reads the same; see ``resolution.inputs``.
A warm request loads neither YAML nor pydantic.
"""

from __future__ import annotations

import gc
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from flowyml_infra.resolution.inputs import Inputs
from flowyml_infra.resources.compilation_cache import CacheEntry, CompilationCache

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.resolution.registered import RegisteredStacks
    from flowyml_infra.resolution.resolver import StackArgument
    from flowyml_infra.resources.compiled import Compiled
    from flowyml_infra.resources.values import Json


class CompileRequest(NamedTuple):
    """What is to be compiled.

    Attributes:
        root: The project's folder.
        stack: A name, a path, a definition or an object that has one; None leaves it to the environment and project.
        env: The environment's name, or None.
        force_env: Allow a stack that is not the one the environment maps to.
        environ: The environment variables.
    """

    root: Path
    stack: StackArgument = None
    env: str | None = None
    force_env: bool = False
    environ: Mapping[str, str] = os.environ


def compile_stack(request: CompileRequest, registered: RegisteredStacks | None = None) -> Compiled:
    """The compiled definition that ``request`` leads to.

    Raises:
        ResolutionError: It leads nowhere, or to more than one thing.
        DefinitionError: The definition is wrong; ``diagnostics`` lists every problem.
        GraphError: Its resources form no graph.
    """
    if request.stack is not None and not isinstance(request.stack, (str, Path)):
        return _compile(request, Inputs(request.environ, registered))
    cache, key = CompilationCache(request.root), request_key(request)
    entry = cache.load(key)
    if entry is not None and Inputs(request.environ, registered).hold(entry.record):
        compiled = _decode(entry.compiled)
        if compiled is not None:
            return compiled
    inputs = Inputs(request.environ, registered)
    compiled = _compile(request, inputs)
    encoded = _encode(compiled)
    if encoded is not None:
        cache.store(key, CacheEntry(inputs.record, encoded))
    return compiled


def is_entry_of(entry: CacheEntry, compiled: Compiled, inputs: Inputs) -> bool:
    """Whether ``entry`` is what ``compiled`` is remembered as, and would be used now."""
    return inputs.hold(entry.record) and _encode(compiled) == entry.compiled


def _compile(request: CompileRequest, inputs: Inputs) -> Compiled:
    from flowyml_infra.resolution.loading import Loading
    from flowyml_infra.resolution.resolver import resolve_through
    from flowyml_infra.resources.expand import expand

    found = resolve_through(Loading(request.root, inputs, request.env), request.stack, force_env=request.force_env)
    return expand(found.definition, found.environment, config=found.config)


def request_key(request: CompileRequest) -> Json:
    """What tells requests apart; a relative path means another file in another working directory."""
    stack: Json = None if request.stack is None else [type(request.stack).__name__, str(request.stack)]
    return [stack, request.env, request.force_env, str(Path.cwd())]


def _encode(compiled: Compiled) -> bytes | None:
    """The compiled definition as JSON text, or None when it holds a secret in the clear and must not be kept."""
    from flowyml_infra.resources.clear_secrets import clear_secrets
    from flowyml_infra.resources.compiled_codec import encode_compiled

    if clear_secrets(compiled):
        return None
    try:
        return json.dumps(encode_compiled(compiled), separators=(",", ":")).encode("utf-8", "surrogatepass")
    except TypeError:
        return None


def _decode(data: bytes) -> Compiled | None:
    from flowyml_infra.resources.compiled_codec import decode_compiled

    collecting = gc.isenabled()
    # So many objects and no garbage among them: collecting while they are made would double the time.
    gc.disable()
    try:
        return decode_compiled(json.loads(data))
    except ValueError:
        return None
    finally:
        if collecting:
            gc.enable()
