"""Owns the way from what a caller says to one definition: a name, a path, an object, or nothing at all.

A name that leads nowhere is an error; the built-in stack is used when nobody asked for anything.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

from flowyml_infra.audit.location import nearest_project
from flowyml_infra.definition.stack_definition import StackDefinition
from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.errors import ResolutionError
from flowyml_infra.resolution.choice import check_agreement, check_environment, choose
from flowyml_infra.resolution.inputs import Inputs
from flowyml_infra.resolution.loading import Loading
from flowyml_infra.resolution.lookup import list_names, look_up
from flowyml_infra.resolution.paths import is_name, locate_manifest
from flowyml_infra.resolution.places import RegistryPlace, name_in, parse_locator, scheme_of
from flowyml_infra.resolution.remotes import short
from flowyml_infra.resolution.resolved import ListedStack, Resolution, Step
from flowyml_infra.resolution.sources.catalogue import find_registry
from flowyml_infra.resolution.sources.remote_folder import RemoteFolder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.resolution.registered import RegisteredStacks
    from flowyml_infra.resolution.remotes import Mode


@runtime_checkable
class Definable(Protocol):
    """Whatever can say what it is as a definition, for example a stack made in Python."""

    def to_definition(self) -> StackDefinition:
        """Its definition."""


StackArgument: TypeAlias = "str | Path | StackDefinition | Definable | None"
"""What may be said to name a stack; None leaves it to the environment and the project."""


class StackResolver:
    """Finds definitions for one project.

    Args:
        root: The project's folder; by default the nearest parent of the working directory with a flowyml.yaml.
        registered: Stacks that were registered; without it, none are found there.
        environ: The environment variables; by default those of this process.
    """

    def __init__(
        self,
        root: str | Path | None = None,
        registered: RegisteredStacks | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.root = nearest_project(Path.cwd()) if root is None else Path(root).resolve()
        self._registered = registered
        self._environ = os.environ if environ is None else environ

    def resolve(self, stack: StackArgument = None, env: str | None = None, force_env: bool = False) -> StackDefinition:
        """The definition that ``stack`` and ``env`` lead to.

        Args:
            stack: A name, the path of a manifest, a definition, or an object that has one; None to leave it open.
            env: An environment of flowyml.yaml, or ``default``.
            force_env: Allow a stack that is not the one the environment maps to.

        Raises:
            ResolutionError: They lead nowhere, or to more than one thing.
            DefinitionError: The definition is wrong; ``diagnostics`` lists every problem.
        """
        return self.explain(stack, env, force_env=force_env).definition

    def explain(self, stack: StackArgument = None, env: str | None = None, *, force_env: bool = False) -> Resolution:
        """As :meth:`resolve`, with the environment and every place that was asked."""
        return resolve_through(self.loading(env), stack, force_env=force_env)

    def list_stacks(self) -> list[ListedStack]:
        """Every stack that can be named, by name; where one hides another of the same name, only the first."""
        return self.list_with_remarks()[0]

    def list_with_remarks(self, *, remote: bool = True) -> tuple[list[ListedStack], list[str]]:
        """As :meth:`list_stacks`, and a sentence about each source that could not be searched.

        Args:
            remote: Ask remote sources too.

        Raises:
            DefinitionError: flowyml.yaml is wrong.
        """
        loading = self.loading()
        answer = choose(None, None, config=loading.config, root=self.root, inputs=loading.inputs)[-1].answer
        chosen = name_in(answer or "")
        entries, remarks = list_names(loading, remote=remote)
        return [ListedStack(item.name, item.source, item.version, item.name == chosen) for item in entries], remarks

    def loading(self, env: str | None = None, *, mode: Mode | None = None, keep: bool = True) -> Loading:
        """What one resolution reads through; see :class:`flowyml_infra.resolution.loading.Loading`."""
        return Loading(self.root, Inputs(self._environ, self._registered), env, mode=mode, keep=keep)


def resolve_through(loading: Loading, stack: StackArgument = None, *, force_env: bool = False) -> Resolution:
    """Resolve, reading everything through ``loading``; see :class:`StackResolver`."""
    config, env = loading.config, loading.env
    environment = check_environment(env, config)
    if stack is None or isinstance(stack, (str, Path)):
        steps = choose(_text(stack), env, config=config, root=loading.root, inputs=loading.inputs)
        named = steps[-1].answer or ""
        if not force_env and is_name(named):
            check_agreement(named.partition("@")[0], env, config)
        definition, where = _follow(loading, steps[-1])
    else:
        definition, where = loading.load_given(as_definition(stack)), "argument"
        steps = (Step(where, definition.name, "a definition was given"),)
    if not force_env:
        check_agreement(definition.name, env, config)
    return Resolution(definition, environment, where, steps, config, _trail(loading))


def as_definition(stack: object) -> StackDefinition:
    """The definition that ``stack`` is or has.

    Raises:
        ResolutionError: It is nothing that has one.
    """
    if isinstance(stack, StackDefinition):
        return stack
    if isinstance(stack, Definable) and not isinstance(stack, type):
        return stack.to_definition()
    raise ResolutionError(
        f"a {type(stack).__name__} is not a stack",
        code="resolution.not_a_stack",
        hint="give a name, the path of a manifest, a StackDefinition, or a stack object",
    )


def _text(stack: str | Path | None) -> str | None:
    if stack is None:
        return None
    text = os.fspath(stack)
    if not text.strip():
        raise ResolutionError("the name of the stack is empty", hint="leave it out to use the active stack")
    return f"./{text}" if isinstance(stack, Path) and is_name(text) else text


def _trail(loading: Loading) -> tuple[Step, ...]:
    if not loading.inputs.record["remote"]:
        return tuple(loading.trail)
    notes = [Step(note.source, short(note.revision), note.why) for note in loading.remotes.notes]
    return (*loading.trail, *notes)


def _follow(loading: Loading, step: Step) -> tuple[StackDefinition, str]:
    """The definition that a step's answer names, and where it was found."""
    answer = step.answer or ""
    if scheme_of(answer) not in (None, "file"):
        return _fetch(loading, answer)
    if is_name(answer):
        return look_up(loading, answer, step)
    path = locate_manifest(answer, loading.root, loading.inputs)
    return loading.load_file(path, answer), answer


def _fetch(loading: Loading, uri: str) -> tuple[StackDefinition, str]:
    """The definition at ``uri``, and where it was found."""
    place, stack = parse_locator(uri)
    if isinstance(place, RegistryPlace):
        registry = find_registry(loading, place.registry)
        found = registry.find(place.wanted)
        if not found:
            raise ResolutionError(
                f"{registry.where} has no stack {place.wanted.name!r}",
                code="resolution.unknown_stack",
                hint=did_you_mean(place.wanted.name, [entry.name for entry in registry.entries()])
                or "`flowyml-infra stack list` shows the stacks there are",
            )
        return registry.load(found[0]), found[0].source
    folder = RemoteFolder(loading, place)
    entry = folder.pick(stack)
    return folder.load(entry), entry.source
