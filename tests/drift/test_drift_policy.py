"""A policy keeps an apply from going over drift that nobody reviewed, and from going on without a look."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from flowyml_infra.apply.engines.local import LocalEngine
from flowyml_infra.errors import EngineError
from tests.drift.conftest import CHANGED, GONE, stray

TODAY = str(datetime.now(UTC).date())


@pytest.fixture
def governed(shell):
    """The project, applied, then put under the rule, with a change to apply."""
    Path("flowyml.yaml").write_text("active_stack: s\npolicies: {rules: {unreviewed_drift: {}}}\n")
    text = Path("stacks/s.yaml").read_text()
    Path("stacks/s.yaml").write_text(text + "    new: {kind: directory, path: made/new}\n")
    return shell


def test_drift_that_was_found_and_not_reviewed_denies_the_apply(governed):
    stray()
    governed("drift")
    code, text = governed("apply --auto-approve")
    assert code == 3
    assert "it differs in mode, and nobody reviewed that" in text
    assert "it is gone from the world, and nobody reviewed that" in text
    assert not Path("made/new").exists()
    assert governed("policy check")[0] == 3


def test_acknowledged_drift_does_not(governed):
    stray()
    governed("drift")
    governed.ack(CHANGED, TODAY, "known")
    assert governed("apply --auto-approve")[0] == 3
    governed.ack(GONE, TODAY, "known")
    assert governed("apply --auto-approve")[0] == 0
    assert Path("made/new").is_dir()


def test_nor_does_what_a_refresh_took_in(governed):
    stray()
    governed("drift")
    assert governed("refresh --auto-approve")[0] == 0
    assert governed("apply --auto-approve")[0] == 0
    assert Path("made/gone").is_dir()


def test_nor_does_what_the_plan_itself_saw_and_shows(governed):
    stray()
    governed("drift")
    assert governed("plan --refresh --out p")[0] == 0
    assert governed("apply p")[0] == 0
    assert governed("drift")[0] == 0


def test_drift_that_is_found_after_the_plan_was_made_denies_it(governed):
    assert governed("plan --out p")[0] == 0
    stray()
    governed("drift")
    assert governed("apply p")[0] == 3
    assert not Path("made/new").exists()


def test_what_a_look_could_not_read_is_not_allowed_either(governed, monkeypatch):
    def read(*_):
        raise EngineError("the disk reported an error")

    with monkeypatch.context() as patch:
        patch.setattr(LocalEngine, "read", read)
        assert governed("drift")[0] == 1
    assert governed("apply --auto-approve")[0] == 3
    assert governed("drift")[0] == 0
    assert governed("apply --auto-approve")[0] == 0


def test_the_rule_does_not_ask_for_the_image(governed):
    text = Path("stacks/s.yaml").read_text()
    image = "  runtime: {docker_image: 'localhost:1/never/asked:1'}\n"
    Path("stacks/s.yaml").write_text(text.replace("  provider: local\n", "  provider: local\n" + image))
    code, text = governed("plan")
    assert code == 0
    assert "Policies allow this plan." in text


def test_what_an_apply_left_open_does_not_keep_the_next_from_finishing_it(governed, monkeypatch):
    def fail(*_):
        raise EngineError("cannot be made today")

    with monkeypatch.context() as patch:
        patch.setattr(LocalEngine, "create", fail)
        assert governed("apply --auto-approve")[0] == 6
    assert governed("drift")[0] == 1
    assert governed("apply --auto-approve")[0] == 0


def test_a_look_that_is_too_old_denies_and_a_new_one_helps(governed):
    Path("flowyml.yaml").write_text("active_stack: s\npolicies: {rules: {unreviewed_drift: {max_age_days: 0}}}\n")
    code, text = governed("apply --auto-approve")
    assert code == 3
    assert "nobody has looked at the world" in text
