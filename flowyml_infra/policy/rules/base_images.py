"""Owns the rule ``base_images``: the image that steps run in was built from an accepted base that is not too old.

What an image was built from stands in its labels ``org.opencontainers.image.base.name`` and ``….base.digest``, as
https://github.com/opencontainers/image-spec/blob/main/annotations.md defines them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowyml_infra.policy.image import ImageReference
from flowyml_infra.policy.options import count, listed, shown, texts
from flowyml_infra.policy.rules.rule import USED, Rule, matches, unknown, violated, why_unknown, without_image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.policy.facts import Base
    from flowyml_infra.policy.options import Options
    from flowyml_infra.policy.rules.rule import Remark
    from flowyml_infra.policy.subject import PolicySubject

_TOLD = "let the build set org.opencontainers.image.base.name and .digest on the image"


@dataclass(frozen=True, slots=True)
class Setting:
    """Globs over ``host/path[:tag]`` of the bases allowed, or None for any; the most days since a base was built."""

    allowed: tuple[str, ...] | None
    max_age_days: int | None


def read(options: Options) -> Setting:
    """Both, of which there is one at least."""
    options.one_of("allowed", "max_age_days")
    return Setting(options.read("allowed", texts, None), options.read("max_age_days", count, None))


def judge(subject: PolicySubject, setting: Setting) -> Iterator[Remark]:
    """Refuse another base, one that is too old, and one that is not told."""
    if subject.image is None:
        yield without_image()
        return
    facts = subject.image_facts
    if facts is None or facts.base is None:
        yield unknown(f"what image {subject.image!r} was built from was not collected{why_unknown(facts)}")
        return
    if setting.allowed is not None:
        yield from _origin(subject.image, facts.base, setting.allowed)
    if setting.max_age_days is not None:
        yield from _age(subject, facts.base, setting.max_age_days)


def _origin(image: str, base: Base, allowed: tuple[str, ...]) -> Iterator[Remark]:
    accepted = f"accepted: {listed(allowed)}"
    if base.name is None:
        yield violated(f"image {image!r} does not say what it was built from; {accepted}", hint=_TOLD)
        return
    try:
        reference = ImageReference.parse(base.name)
    except ValueError as error:
        yield violated(f"the base {shown(base.name)} of image {image!r} {error}", hint=_TOLD)
        return
    home = "/".join((reference.host, *reference.path))
    spellings = (home, f"{home}:{reference.tag or 'latest'}")
    if not any(matches(spelling, allowed) for spelling in spellings):
        message = f"image {image!r} was built from {spellings[1]}, which is no accepted base; {accepted}"
        yield violated(message, hint="build it from an accepted base")


def _age(subject: PolicySubject, base: Base, most: int) -> Iterator[Remark]:
    if base.created is None or subject.facts.now is None:
        yield unknown(f"how old the base of image {subject.image!r} is was not collected", hint=_TOLD)
        return
    days = (subject.facts.now - base.created).days
    if days < 0:
        yield violated(f"the base of image {subject.image!r} claims to be from {base.created.date()}, in the future")
    elif days > most:
        message = f"the base of image {subject.image!r} is {days} days old; at most {most} are allowed"
        yield violated(message, hint="build the image again from a newer base")


RULE = Rule(
    "base_images",
    "an image built from another base, or from one that is older than this",
    read,
    judge,
    main="allowed",
    purposes=USED,
    needs=frozenset({"image", "base"}),
)
