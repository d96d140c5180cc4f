"""Owns the rule ``image_registries``: every image comes from one of these registries.

An entry is ``host[:port][/path]`` and covers the repositories at and below that path, component by component:
``gcr.io/my-project`` covers ``gcr.io/my-project/train`` and not ``gcr.io/my-project-2/train``. It goes for the image
that steps run in, for those that resources are made of, and for a registry that is bound and not managed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.policy.image import ImageReference, Registry
from flowyml_infra.policy.options import SettingError, listed, shown, texts
from flowyml_infra.policy.rules.rule import USED, Rule, note, unknown, violated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.address import Address
    from flowyml_infra.policy.options import Options
    from flowyml_infra.policy.rules.rule import Remark
    from flowyml_infra.policy.subject import PolicySubject
    from flowyml_infra.resources.values import Json, Value


def read(options: Options) -> tuple[Registry, ...]:
    """The registries."""
    return options.demand("allowed", _registries)


def judge(subject: PolicySubject, registries: tuple[Registry, ...]) -> Iterator[Remark]:
    """Refuse an image from elsewhere, and one whose origin cannot be told."""
    if subject.image is None:
        yield note("the stack names no image; one given to a run is judged then")
    for address, image in subject.images():
        yield from _judge(address, image, registries)
    bound = subject.existing.get("container_registry")
    if isinstance(bound, str):
        yield from _judge_registry(bound, registries)


def _judge(address: Address | None, image: Value, registries: tuple[Registry, ...]) -> Iterator[Remark]:
    accepted = f"accepted: {listed(map(str, registries))}"
    hint = "push the image to an accepted registry and name it there"
    if not isinstance(image, str):
        yield unknown("the image is not known before the apply", address, "write it out", later=True)
        return
    try:
        reference = ImageReference.parse(image)
    except ValueError as error:
        yield violated(f"image {shown(image)} {error}; {accepted}", address, hint)
        return
    if not any(reference.within(registry) for registry in registries):
        home = "/".join((reference.host, *reference.path))
        yield violated(f"image {shown(image)} is {home}, from no allowed registry; {accepted}", address, hint)


def _judge_registry(bound: str, registries: tuple[Registry, ...]) -> Iterator[Remark]:
    try:
        registry = Registry.parse(bound)
        inside = any(registry.within(item) for item in registries)
    except ValueError:
        inside = False
    if not inside:
        accepted = f"accepted: {listed(map(str, registries))}"
        yield violated(
            f"the stack's registry {shown(bound)} is no allowed one; {accepted}", hint="bind an accepted one"
        )


def _registries(setting: Json) -> tuple[Registry, ...]:
    return tuple(_registry(index, entry) for index, entry in enumerate(texts(setting)))


def _registry(index: int, entry: str) -> Registry:
    try:
        return Registry.parse(entry)
    except ValueError as error:
        raise SettingError(f"holds {shown(entry)}, which {error}", (index,), "write host[:port][/path]") from None


RULE = Rule("image_registries", "an image, or a registry, from elsewhere", read, judge, main="allowed", purposes=USED)
