"""Owns the rule ``image_labels``: the image that steps run in carries these labels, each with a value.

An image's labels are a fact from outside. Until it was collected the rule is pending, and what is pending is not
allowed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.policy.options import listed, texts
from flowyml_infra.policy.rules.rule import USED, Rule, unknown, violated, why_unknown, without_image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.policy.options import Options
    from flowyml_infra.policy.rules.rule import Remark
    from flowyml_infra.policy.subject import PolicySubject


def read(options: Options) -> tuple[str, ...]:
    """The labels."""
    return options.demand("required", texts)


def judge(subject: PolicySubject, wanted: tuple[str, ...]) -> Iterator[Remark]:
    """Refuse labels that are missing or empty; wait where the image's labels are not known."""
    required = tuple(dict.fromkeys(wanted))
    if not required:
        return
    if subject.image is None:
        yield without_image()
        return
    facts = subject.image_facts
    if facts is None or facts.labels is None:
        asked = f"the labels of image {subject.image!r} were not collected{why_unknown(facts)}"
        message = f"{asked}; required on it: {listed(required)}"
        yield unknown(message, hint="make the image's registry reachable, with credentials that may read it")
        return
    for label in required:
        if not facts.labels.get(label, "").strip():
            state = "empty" if label in facts.labels else "missing"
            message = f"label {label!r} is {state} on image {subject.image!r}; set it where the image is built"
            yield violated(message, hint=f"add LABEL {label}=… to its Dockerfile")


RULE = Rule(
    "image_labels",
    "an image that lacks one of these labels",
    read,
    judge,
    main="required",
    purposes=USED,
    needs=frozenset({"image"}),
)
