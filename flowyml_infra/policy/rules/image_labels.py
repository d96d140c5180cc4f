"""Owns the rule ``image_policy.required_labels``: the image carries these labels, each with a value.

An image's labels are a fact from outside. Until it was collected the rule is pending, and what is pending is not
allowed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.policy.decision import Finding
from flowyml_infra.policy.rules.rule import listed, shown, texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.policy.subject import PolicySubject
    from flowyml_infra.resources.values import Json

NAME = "image_policy.required_labels"


def judge(subject: PolicySubject, setting: Json) -> Iterator[Finding]:
    """Deny labels that are missing or empty; wait where the image's labels are not known."""
    required = list(dict.fromkeys(texts(setting)))
    if not required or subject.destroys:
        return
    if subject.image is None:
        yield Finding(NAME, "info", "the stack names no image; one given to a run is judged then")
        return
    image, labels = shown(subject.image), subject.image_labels
    if labels is None:
        wanted = listed(required)
        yield Finding(NAME, "pending", f"the labels of image {image} were not collected; required on it: {wanted}")
        return
    for label in required:
        if not labels.get(label, "").strip():
            state = "empty" if label in labels else "missing"
            yield Finding(NAME, "deny", f"label {label!r} is {state} on image {image}; set it where the image is built")
