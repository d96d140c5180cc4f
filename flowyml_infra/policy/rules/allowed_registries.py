"""Owns the rule ``image_policy.allowed_registries``: the image comes from one of these registries.

An entry is ``host[:port][/path]`` and covers the repositories at and below that path, component by component:
``gcr.io/my-project`` covers ``gcr.io/my-project/train`` and not ``gcr.io/my-project-2/train``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.policy.decision import Finding
from flowyml_infra.policy.image import ImageReference, Registry
from flowyml_infra.policy.rules.rule import SettingError, listed, shown, texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.policy.subject import PolicySubject
    from flowyml_infra.resources.values import Json

NAME = "image_policy.allowed_registries"


def judge(subject: PolicySubject, setting: Json) -> Iterator[Finding]:
    """Deny an image from elsewhere, and one whose origin cannot be told."""
    registries = [_registry(entry) for entry in texts(setting)]
    if subject.destroys:
        return
    if subject.image is None:
        yield Finding(NAME, "info", "the stack names no image; one given to a run is judged then")
        return
    accepted = f"accepted: {listed(map(str, registries))}"
    try:
        image = ImageReference.parse(subject.image)
    except ValueError as error:
        yield Finding(NAME, "deny", f"image {shown(subject.image)} {error}; {accepted}")
        return
    if not any(image.within(registry) for registry in registries):
        home = "/".join((image.host, *image.path))
        yield Finding(NAME, "deny", f"image {shown(subject.image)} is {home}, from no allowed registry; {accepted}")


def _registry(entry: str) -> Registry:
    try:
        return Registry.parse(entry)
    except ValueError as error:
        raise SettingError(f"holds {shown(entry)}, which {error}") from None
