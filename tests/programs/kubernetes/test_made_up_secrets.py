"""Passwords that nobody wrote: the same in every run, others for every creation, purpose and key, and secrets."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks

from flowyml_infra.apply.engines.pulumi.programs import load_program, make_inputs
from flowyml_infra.resources.catalogue import kind as find_kind
from tests.programs.harness import CREATION, derive, run
from tests.programs.kubernetes.cluster import made

OTHER = "0d1f4a52-9a0f-4a35-8a0b-1f6d7c2e9b11"


class Nothing(mocks.Mocks):
    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        return f"id-of-{args.name}", dict(args.inputs)

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise AssertionError(args)


def look(make: Callable[[], Sequence[Any]], *, preview: bool = False) -> list[tuple[Any, bool, bool]]:
    """Of every output that ``make`` gives in a program: its value, whether it is known, whether it is a secret."""
    found: list[tuple[Any, bool, bool]] = []

    async def program() -> None:
        for output in make():
            found.append((await output.future(), await output.is_known(), await output.is_secret()))

    run(program, Nothing(), preview=preview)
    return found


def secret(purpose: str = "password", creation: str = CREATION, key: str = "key", **more: Any) -> Any:
    (found,) = look(lambda: [make_inputs({}, creation, partial(derive, key=key)).secret(purpose)], **more)
    return found


def test_it_is_long_safe_in_a_url_known_and_secret() -> None:
    value, known, hidden = secret()
    assert re.fullmatch(r"[0-9a-f]{40}", value)
    assert (known, hidden) == (True, True)


def test_it_stays_and_is_another_for_every_creation_purpose_and_key() -> None:
    assert secret() == secret()
    others = [secret(), secret("other"), secret(creation=OTHER), secret(key="other")]
    assert len({value for value, _, _ in others}) == len(others)


def test_a_preview_does_not_know_it() -> None:
    value, known, hidden = secret(preview=True)
    assert (value, known, hidden) == (None, False, True)


def test_a_digest_tells_values_apart_without_telling_them() -> None:
    def digests() -> list[Any]:
        inputs = make_inputs({"one": pulumi.Output.secret("sesame"), "two": "other"}, CREATION, derive)
        return [inputs.digest("one"), inputs.digest("two")]

    (one, known, hidden), (two, _, _) = look(digests)
    assert (known, hidden) == (True, False)
    assert re.fullmatch(r"[0-9a-f]{16}", one)
    assert one != two


@pytest.mark.parametrize(
    ("kind", "entries"),
    [
        ("database", {"POSTGRES_PASSWORD"}),
        ("object_store", {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "s3.json", "signing-key"}),
    ],
)
class TestServers:
    def test_every_run_makes_the_same_and_no_two_are_alike(self, kind: str, entries: set[str]) -> None:
        first, second = (made(kind).one("Secret")["stringData"] for _ in range(2))
        assert first == second
        assert len({first[name] for name in entries}) == len(entries)

    def test_what_is_made_of_them_is_secret(self, kind: str, entries: set[str]) -> None:
        found = find_kind("kubernetes", kind)
        values = {item.name: item.default for item in found.properties}

        def sensitive() -> list[Any]:
            inputs = make_inputs({**values, "name": "one", "namespace": "team-a"}, CREATION, derive)
            component = load_program("kubernetes").KINDS[kind]("one", inputs, pulumi.ResourceOptions())
            return [component.gives[item.name] for item in found.outputs if item.sensitive]

        seen = look(sensitive)
        assert seen
        assert all((known, hidden) == (True, True) for _, known, hidden in seen)
