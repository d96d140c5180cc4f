"""Passwords that nobody wrote: the same in every run, others for every creation, purpose and key, and secrets."""

from __future__ import annotations

import asyncio
import re
from functools import partial
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks

from flowyml_infra.apply.engines.pulumi.programs import load_program, make_inputs
from tests.programs.harness import CREATION, derive
from tests.programs.kubernetes.cluster import made

OTHER = "0d1f4a52-9a0f-4a35-8a0b-1f6d7c2e9b11"


class Nothing(mocks.Mocks):
    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        return f"id-of-{args.name}", dict(args.inputs)

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise AssertionError(args)


def look(output: pulumi.Output[Any]) -> tuple[Any, bool, bool]:
    """Its value, whether it is known, and whether it is a secret."""

    async def see() -> tuple[Any, bool, bool]:
        return await output.future(), await output.is_known(), await output.is_secret()

    return asyncio.get_event_loop().run_until_complete(see())


@pytest.fixture(autouse=True)
def program() -> None:
    asyncio.set_event_loop(asyncio.new_event_loop())
    mocks.set_mocks(Nothing())


def secret(purpose: str = "password", creation: str = CREATION, key: str = "key") -> Any:
    return look(make_inputs({}, creation, partial(derive, key=key)).secret(purpose))


def test_it_is_long_safe_in_a_url_known_and_secret() -> None:
    value, known, hidden = secret()
    assert re.fullmatch(r"[0-9a-f]{40}", value)
    assert (known, hidden) == (True, True)


def test_it_stays_and_is_another_for_every_creation_purpose_and_key() -> None:
    assert secret() == secret()
    others = [secret(), secret("other"), secret(creation=OTHER), secret(key="other")]
    assert len({value for value, _, _ in others}) == len(others)


def test_a_preview_does_not_know_it() -> None:
    mocks.set_mocks(Nothing(), preview=True)
    value, known, hidden = secret()
    assert (value, known, hidden) == (None, False, True)


def test_a_digest_tells_values_apart_without_telling_them() -> None:
    inputs = make_inputs({"one": pulumi.Output.secret("sesame"), "two": "other"}, CREATION, derive)
    (one, known, hidden), (two, _, _) = look(inputs.digest("one")), look(inputs.digest("two"))
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
        properties = {item.name: item.default for item in made(kind).kind.properties}
        values = {**properties, "name": "one", "namespace": "team-a", "labels": {}}
        component = load_program("kubernetes").KINDS[kind](
            "one", make_inputs(values, CREATION, derive), pulumi.ResourceOptions()
        )
        found = made(kind).kind.outputs
        for item in found:
            given = component.gives[item.name]
            if item.sensitive:
                assert isinstance(given, pulumi.Output)
                _, known, hidden = look(given)
                assert (known, hidden) == (True, True)
