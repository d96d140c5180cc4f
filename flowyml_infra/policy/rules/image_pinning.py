"""Owns the rule ``image_pinning``: images are named so that they stay what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.policy.image import ImageReference
from flowyml_infra.policy.options import choice, shown
from flowyml_infra.policy.rules.rule import USED, Rule, unknown, violated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.policy.options import Options
    from flowyml_infra.policy.rules.rule import Remark
    from flowyml_infra.policy.subject import PolicySubject

_MOVING = ("latest", "stable", "main", "master", "edge", "nightly", "dev")


def read(options: Options) -> str:
    """``digest``, or ``tag`` for a tag that is not known to move."""
    return options.demand("by", choice("digest", "tag"))


def judge(subject: PolicySubject, by: str) -> Iterator[Remark]:
    """Refuse what can be another image tomorrow."""
    for address, image in subject.images():
        if not isinstance(image, str):
            yield unknown("the image is not known before the apply", address, "write it out", later=True)
            continue
        try:
            reference = ImageReference.parse(image)
        except ValueError as error:
            yield violated(f"image {shown(image)} {error}", address)
            continue
        if reference.digest is not None:
            continue
        if by == "digest":
            yield violated(f"image {shown(image)} is not pinned by a digest", address, "add @sha256:… to it")
        elif reference.tag is None or reference.tag.lower() in _MOVING:
            name = f"the tag {reference.tag}, which moves" if reference.tag else "no tag"
            yield violated(f"image {shown(image)} has {name}", address, "name a version")


RULE = Rule("image_pinning", "an image that is not pinned by a digest, or by a tag", read, judge, "by", purposes=USED)
