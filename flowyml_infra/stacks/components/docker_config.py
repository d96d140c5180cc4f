"""Owns the container image that steps run in, as a pipeline describes it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from flowyml_infra.definition.variables import VariableRules
from flowyml_infra.outputs.masking import SECRET
from flowyml_infra.stacks.components.quantities import wrong

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowyml_infra.resources.values import Json

_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


@dataclass(frozen=True, kw_only=True, repr=False)
class DockerConfig:
    """The container image that steps run in: one that is there, one built from a Dockerfile, or one put together.

    Attributes:
        image: An image that is there.
        dockerfile: The path of a Dockerfile to build.
        build_context: The folder that it is built in.
        build_args: Arguments of the build by name.
        base_image: The image that requirements are installed on.
        requirements: What pip installs on it.
        env_vars: Environment variables by name.

    Raises:
        DefinitionError: More than one way is given, or none, or a part does not go with the way that is given.
    """

    image: str | None = None
    dockerfile: str | None = None
    build_context: str = "."
    build_args: Mapping[str, str] = field(default_factory=dict)
    base_image: str | None = None
    requirements: Sequence[str] = ()
    env_vars: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ways = [name for name in ("image", "dockerfile", "base_image") if getattr(self, name) is not None]
        if len(ways) != 1:
            found = " and ".join(ways) or "none of them"
            raise wrong("DockerConfig", found, "give one of image, dockerfile and base_image")
        if isinstance(self.requirements, str):
            raise wrong("requirements", self.requirements, f"write requirements=[{self.requirements!r}]")
        if self.requirements and self.base_image is None:
            raise wrong("requirements", ", ".join(self.requirements), "they are installed on a base_image; give one")
        if self.build_args and self.dockerfile is None:
            raise wrong("build_args", ", ".join(self.build_args), "only the build of a dockerfile takes them")
        for name in self.env_vars:
            if not _VARIABLE.fullmatch(name):
                raise wrong("env_vars", name, "a variable has letters, digits and _, and begins with no digit")

    def __repr__(self) -> str:
        return f"DockerConfig({', '.join(f'{name}={value!r}' for name, value in self.to_json().items())})"

    def to_json(self) -> dict[str, Json]:
        """What was given, with the values of secret variables and build arguments masked."""
        given: dict[str, Json] = {
            "image": self.image,
            "dockerfile": self.dockerfile,
            "build_context": self.build_context if self.dockerfile else None,
            "build_args": _masked(self.build_args),
            "base_image": self.base_image,
            "requirements": list(self.requirements),
            "env_vars": _masked(self.env_vars),
        }
        return {name: value for name, value in given.items() if value not in (None, [], {})}


def _masked(values: Mapping[str, str]) -> dict[str, Json]:
    rules = VariableRules()
    return {name: SECRET if rules.is_sensitive(name) else value for name, value in values.items()}
