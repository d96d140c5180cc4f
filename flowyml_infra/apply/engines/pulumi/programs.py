"""Owns the loading of the programs that ship beside the package, and what is asked of them."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from flowyml_infra.bundled import bundled_path
from flowyml_infra.errors import EngineUnavailableError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    import pulumi

_PACKAGE: Final = "flowyml_infra_programs"
_SDKS: Final[Mapping[str, str]] = {
    "aws": "pulumi_aws",
    "gcp": "pulumi_gcp",
    "azure": "pulumi_azure_native",
    "kubernetes": "pulumi_kubernetes",
}
"""The SDK of each cloud; the extra of the same name as the cloud installs it."""

PACKAGES: Final[Mapping[str, str]] = {**{cloud: cloud for cloud in _SDKS}, "azure": "azure-native"}
"""What the engine calls the provider of each cloud."""


class Component(Protocol):
    """What stands for one resource."""

    primary: pulumi.CustomResource
    gives: Mapping[str, pulumi.Input[Any]]


class Program(Protocol):
    """The module of one cloud."""

    KINDS: Mapping[str, Callable[[str, Any, pulumi.ResourceOptions], Component]]

    IDS: Mapping[str, Callable[[Mapping[str, Any]], str | None]]
    """By type: the id that a thing with these inputs has, where it follows from them."""

    FINDERS: Mapping[str, Callable[[Any, pulumi.InvokeOptions], Awaitable[list[str]]]]
    """By type: the ids of things that may be what is sought, where the cloud makes ids up."""

    def mark(self, token: str, outputs: Mapping[str, Any]) -> str | None:
        """The creation id that a thing of this type carries, empty for none; None where it cannot carry one."""

    def unmarked(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """These inputs without what would carry a creation id."""

    def place(self, inputs: Any) -> str:  # noqa: ANN401 - the program's own Inputs
        """What tells the places of resources apart that take providers of their own."""

    def provider(self, name: str, place: str) -> pulumi.ProviderResource:
        """The provider for one place."""


def check_installed(clouds: Iterable[str]) -> None:
    """Find out whether what makes things on these clouds is installed; loads nothing.

    Raises:
        EngineUnavailableError: It is not.
    """
    for cloud in sorted(_SDKS.keys() & set(clouds)):
        for module in ("pulumi", _SDKS[cloud]):
            if find_spec(module) is None:
                raise _not_installed(cloud, module)


def load_program(cloud: str) -> Program:
    """The program of ``cloud``.

    Raises:
        EngineUnavailableError: There is none in this version, or its SDK is not installed.
    """
    sdk = _SDKS.get(cloud)
    try:
        _load_package()
        return cast("Program", import_module(f"{_PACKAGE}.{cloud}"))
    except ModuleNotFoundError as error:
        if sdk is not None and error.name in (sdk, "pulumi"):
            raise _not_installed(cloud, error.name) from error
        if error.name == f"{_PACKAGE}.{cloud}":
            raise _no_program(cloud) from error
        raise


def id_of(token: str, inputs: Mapping[str, Any]) -> str | None:
    """The id that a thing of this type with these inputs has in its cloud, or None where that does not follow."""
    program = _program_of(token)
    find = program.IDS.get(token) if program is not None else None
    return None if find is None else find(inputs)


def finder_of(token: str) -> Callable[[Any, pulumi.InvokeOptions], Awaitable[list[str]]] | None:
    """What finds things of this type whose ids the cloud makes up."""
    program = _program_of(token)
    return None if program is None else program.FINDERS.get(token)


def make_sought(type_: str, part: str, creation: str, inputs: Mapping[str, Any]) -> Any:  # noqa: ANN401 - the programs' own Sought
    """A thing that is sought as programs read it."""
    _load_package()
    return import_module(f"{_PACKAGE}.component").Sought(type_, part, creation, inputs)


def mark_of(token: str, outputs: Mapping[str, Any]) -> str | None:
    """The creation id that a thing of this type carries; empty where it could have one, None where it cannot."""
    program = _program_of(token)
    return None if program is None else program.mark(token, outputs)


def unmarked(token: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs of a thing of this type without what would carry a creation id."""
    program = _program_of(token)
    return dict(inputs) if program is None else program.unmarked(inputs)


def _program_of(token: str) -> Program | None:
    package = token.partition(":")[0]
    cloud = next((name for name, own in PACKAGES.items() if own == package), None)
    return None if cloud is None else load_program(cloud)


def make_inputs(values: Mapping[str, Any], creation_id: str, derive: Callable[[str], str]) -> Any:  # noqa: ANN401 - the programs' own Inputs
    """The properties of one resource as programs read them; ``derive`` is what passwords are made by."""
    _load_package()
    return import_module(f"{_PACKAGE}.component").Inputs(values, creation_id, derive)


def _not_installed(cloud: str, module: str) -> EngineUnavailableError:
    return EngineUnavailableError(
        f"what makes things on {cloud} is not installed: the Python package {module} is missing",
        code="engine.no_sdk",
        hint=f"pip install 'flowyml-infra[{cloud}]'",
    )


def _no_program(cloud: str) -> EngineUnavailableError:
    return EngineUnavailableError(f"this version cannot make things on {cloud}", code="engine.no_program")


def _load_package() -> None:
    """Make the folder of programs a package under a name that nobody else uses."""
    if _PACKAGE in sys.modules:
        return
    folder = bundled_path("programs")
    spec = spec_from_file_location(_PACKAGE, folder / "__init__.py", submodule_search_locations=[str(folder)])
    if spec is None or spec.loader is None:
        raise EngineUnavailableError("the programs are missing from this installation", hint="reinstall flowyml-infra")
    module = module_from_spec(spec)
    sys.modules[_PACKAGE] = module
    spec.loader.exec_module(module)
