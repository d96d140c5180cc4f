"""Acknowledged drift is let be until a day, as long as it stays what it was."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.state import open_store
from flowyml_infra.state.drift import Acknowledgement
from flowyml_infra.state.key import DeploymentKey
from tests.drift.conftest import CHANGED, GONE, stray

TODAY = datetime.now(UTC).date()


def test_acknowledged_drift_is_shown_as_such_and_gives_no_2(shell_on):
    stray()
    assert shell_on("drift")[0] == 2
    code, text = shell_on.ack(CHANGED, str(TODAY), "the team of ada")
    assert code == 0
    assert f"{CHANGED} differs in mode" in text
    assert shell_on("drift")[0] == 2, "the other one is not acknowledged"
    assert shell_on.ack(GONE, str(TODAY))[0] == 0
    code, text = shell_on("drift")
    assert code == 0
    assert f"until {TODAY}: the team of ada" in text
    assert "1 changed, 1 gone; 2 of them acknowledged" in text
    document = shell_on.json("drift")[1]
    assert document["resources"][0]["acknowledged"]["why"] == "the team of ada"
    assert document["resources"][0]["acknowledged"]["digest"] == document["resources"][0]["digest"]


def test_it_is_audited_with_who_until_and_why(shell_on):
    stray()
    shell_on("drift")
    shell_on.ack(CHANGED, str(TODAY), "by ada")
    (event,) = shell_on.json("audit list --event DriftAcknowledged")[1]["events"]
    assert event["who"]
    assert event["data"]["address"] == CHANGED
    assert event["data"]["until"] == str(TODAY)
    assert event["data"]["why"] == "by ada"
    assert event["data"]["fields"] == ["mode"]
    assert shell_on("audit verify")[0] == 0


def test_whoever_may_not_apply_may_not_let_drift_be(shell_on):
    stray()
    shell_on("drift")
    before = Path("flowyml.yaml").read_text()
    Path("flowyml.yaml").write_text(before + "policies: {rules: {who_may_apply: {actors: [nobody]}}}\n")
    code, text = shell_on.ack(CHANGED, str(TODAY))
    assert code == 3
    assert "who_may_apply" in text
    assert shell_on("drift")[0] == 2
    assert shell_on.json("audit list --event DriftAcknowledged")[1]["events"] == []
    Path("flowyml.yaml").write_text(before)
    assert shell_on.ack(CHANGED, str(TODAY))[0] == 0


def test_drift_that_changed_is_unreviewed_again(shell_on):
    stray()
    shell_on("drift")
    shell_on.ack(CHANGED, str(TODAY))
    shell_on.ack(GONE, str(TODAY))
    assert shell_on("drift")[0] == 0
    Path("made/changed").chmod(0o711)
    code, document = shell_on.json("drift")
    assert code == 2
    assert document["resources"][0]["acknowledged"] is None
    Path("made/changed").chmod(0o700)
    assert shell_on("drift")[0] == 0, "what it was before is still acknowledged"


def test_one_that_has_run_out_does_not_count(shell_on, place):
    stray()
    shell_on("drift")
    shell_on.ack(GONE, str(TODAY))
    shell_on.ack(CHANGED, str(TODAY))
    with closing(open_store(place.url)) as store:
        (item, _) = store.acknowledgements(DeploymentKey("s"))
        yesterday = Acknowledgement(item.address, item.digest, item.who, item.at, TODAY - timedelta(days=1), item.why)
        store.acknowledge(DeploymentKey("s"), yesterday, AuditEvent("DriftAcknowledged"))
    assert shell_on("drift")[0] == 2
    assert "(over)" in shell_on("drift --acknowledged")[1]


def test_the_last_day_counts_whole():
    item = Acknowledgement("a", "d", "ada", "", date(2026, 3, 4), "")  # type: ignore[arg-type]
    assert item.covers("a", "d", date(2026, 3, 4))  # type: ignore[arg-type]
    assert not item.covers("a", "d", date(2026, 3, 5))  # type: ignore[arg-type]
    assert not item.covers("a", "other", date(2026, 3, 4))  # type: ignore[arg-type]
    assert not item.covers("b", "d", date(2026, 3, 4))  # type: ignore[arg-type]


def test_it_can_be_taken_back_and_listed(shell_on):
    stray()
    shell_on("drift")
    assert "No drift is acknowledged." in shell_on("drift --acknowledged")[1]
    shell_on.ack(CHANGED, str(TODAY), "for now")
    (item,) = shell_on.json("drift --acknowledged")[1]["acknowledgements"]
    assert (item["address"], item["why"]) == (CHANGED, "for now")
    assert "for now" in shell_on("drift --acknowledged")[1]
    assert shell_on(f"drift --withdraw {CHANGED}")[0] == 0
    assert shell_on.json("drift --acknowledged")[1]["acknowledgements"] == []
    assert shell_on(f"drift --withdraw {CHANGED}")[0] == 1
    assert len(shell_on.json("audit list --event DriftWithdrawn")[1]["events"]) == 1


def test_a_thing_made_anew_drifts_anew(shell):
    stray()
    shell("drift")
    shell.ack(CHANGED, str(TODAY))
    assert shell("plan --replace local.directory.changed --out p")[0] == 0
    assert shell("apply p")[0] == 0
    Path("made/changed").chmod(0o700)
    assert shell.json(f"drift --target {CHANGED}")[0] == 2


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (f"drift --ack {CHANGED} --why known", "until when"),
        (f"drift --ack {CHANGED} --until {TODAY}", "until when"),
        (f"drift --until {TODAY} --why known", "--ack"),
        (f"drift --ack {CHANGED} --until {TODAY} --why x --acknowledged", "exclude each other"),
        (f"drift --ack {CHANGED} --until 2020-01-01 --why x", "is past"),
        (f"drift --ack {CHANGED} --until 2999-01-01 --why x", "days off"),
        (f"drift --ack {CHANGED} --until soon --why x", "--until"),
        (f"drift --ack local.directory.same --until {TODAY} --why x", "found no drift at"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_recorded(shell, line, told):
    stray()
    shell("drift")
    code, text = shell(line)
    assert code == 1
    assert told in text
    assert shell.json("drift --acknowledged")[1]["acknowledgements"] == []


def test_what_nobody_looked_at_cannot_be_acknowledged(shell):
    stray()
    code, text = shell(f"drift --ack {CHANGED} --until {TODAY} --why x")
    assert code == 1
    assert "nobody has looked" in text


def test_a_refresh_leaves_it_alone_unless_it_is_named(shell):
    stray()
    shell("drift")
    shell.ack(CHANGED, str(TODAY))
    document = shell.json("refresh --auto-approve")[1]
    assert document["recorded"]["changed"] == []
    assert document["recorded"]["gone"] == [GONE]
    document = shell.json(f"refresh --auto-approve --target {CHANGED}")[1]
    assert document["recorded"]["changed"] == [CHANGED]
