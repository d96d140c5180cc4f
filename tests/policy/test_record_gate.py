"""What is done to the record by hand is judged by what a later apply would make of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flowyml_infra.address import Address
from flowyml_infra.apply.applying import Workplace
from flowyml_infra.apply.engine import Accounts, Stranger
from flowyml_infra.apply.rebuilding import rebuild
from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.audit.store import AuditStore
from flowyml_infra.errors import PolicyDeniedError
from flowyml_infra.project import Project
from flowyml_infra.resources import catalogue
from flowyml_infra.state.edits import pull
from flowyml_infra.state.key import DeploymentKey
from flowyml_infra.state.push import read_export
from flowyml_infra.state.sql_store import SqlStore
from tests.support.kinds import DATA
from tests.support.planning import KEY as BED_KEY
from tests.support.planning import Bed, address, compiled, spec

KEY = DeploymentKey("demo")
KEEP, OLD = Address("local.directory.keep"), Address("local.directory.old")
NEW = Address("local.directory.new")
MANIFEST = """\
apiVersion: flowyml/v1
kind: StackDefinition
metadata: {name: demo}
spec:
  provider: local
  resources:
    keep: {kind: directory, path: data/keep}
    old: {kind: directory, path: data/old}
"""
REGO = """\
package main
import rego.v1
deny contains msg if {
  some c in input.changes
  c.action == "replace"
  msg := sprintf("%s on %s", [c.address, input.stack.purpose])
}
"""
WITHOUT_OLD = MANIFEST.replace("    old: {kind: directory, path: data/old}\n", "")


class Recorded:
    """A project that is applied, and then comes under a policy."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "stacks").mkdir(parents=True)
        self.declare(MANIFEST)
        self.rules("{}")
        with self.open() as project:
            project.apply(project.plan("demo"))

    def declare(self, text: str) -> None:
        (self.root / "stacks/demo.yaml").write_text(text)

    def rules(self, text: str) -> None:
        (self.root / "flowyml.yaml").write_text(f"project: {{name: a, org: b}}\npolicies: {{rules: {text}}}\n")

    def open(self) -> Project:
        return Project.open(self.root)

    def do(self, what: Callable[[Project], object]) -> None:
        with self.open() as project:
            what(project)

    def events(self) -> list[AuditEvent]:
        return AuditStore(f"sqlite:///{self.root}/.flowyml/state.db").get_events()

    def addresses(self) -> set[str]:
        with self.open() as project:
            return {row.name for row in project.reader().snapshot(KEY).rows}

    def refused(self, what: Callable[[Project], object], rule: str, said: str) -> None:
        before = self.addresses()
        with self.open() as project, pytest.raises(PolicyDeniedError) as caught:
            what(project)
        assert [item.code for item in caught.value.diagnostics] == [f"policy.{rule}"]
        assert said in caught.value.diagnostics[0].summary
        assert self.addresses() == before
        last = self.events()[-1]
        assert (last.name, last.data["decision"]) == ("PolicyChecked", "deny")


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    for name in ("FLOWYML_STACK", "FLOWYML_STATE_URL", "FLOWYML_ENV", "GITHUB_ACTIONS", "GITLAB_CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LOGNAME", "ada")
    monkeypatch.chdir(tmp_path)
    return Recorded(tmp_path / "project")


class TestForgetting:
    def test_what_is_still_declared_would_be_made_anew(self, recorded):
        recorded.rules("{stateful_changes: {}}")
        recorded.refused(lambda project: project.forget(KEY, KEEP), "stateful_changes", "would be replaced")

    def test_what_nobody_declares_any_more_is_forgotten_unless_that_is_refused_too(self, recorded):
        recorded.declare(WITHOUT_OLD)
        recorded.rules("{stateful_changes: [forget]}")
        recorded.refused(lambda project: project.forget(KEY, OLD), "stateful_changes", "would be forgotten")
        recorded.rules("{stateful_changes: {}}")
        recorded.do(lambda project: project.forget(KEY, OLD))
        assert recorded.addresses() == {"keep"}

    @pytest.mark.parametrize("text", [None, "spec: ["])
    def test_a_definition_that_is_gone_or_wrong_opens_nothing(self, recorded, text):
        recorded.rules("{stateful_changes: {}}")
        if text is None:
            (recorded.root / "stacks/demo.yaml").unlink()
        else:
            recorded.declare(text)
        recorded.refused(lambda project: project.forget(KEY, KEEP), "stateful_changes", "would be replaced")

    def test_other_records_that_break_a_rule_do_not_stand_in_the_way(self, recorded):
        recorded.rules("{allowed_kinds: {deny: [local.directory]}}")
        recorded.do(lambda project: project.forget(KEY, OLD))
        assert recorded.addresses() == {"keep"}


class TestRenaming:
    def test_away_from_the_name_that_a_rule_knows_is_refused_until_it_knows_the_new_one(self, recorded):
        recorded.declare(MANIFEST.replace("old:", "new:"))
        rule = "{mine: {rule: allowed_kinds, deny: [local.sqlite], scope: {addresses: [%s]}}}"
        recorded.rules(rule % OLD)
        recorded.refused(lambda project: project.rename(KEY, OLD, NEW), "mine", "by the name that it had before")
        recorded.rules(rule % f"{OLD}, {NEW}")
        recorded.do(lambda project: project.rename(KEY, OLD, NEW))

    def test_to_a_name_that_nobody_declares_would_delete_it(self, recorded):
        recorded.rules("{stateful_changes: {}}")
        recorded.refused(lambda project: project.rename(KEY, KEEP, NEW), "stateful_changes", "would be replaced")
        recorded.declare(WITHOUT_OLD)
        recorded.refused(lambda project: project.rename(KEY, OLD, NEW), "stateful_changes", "would be deleted")

    def test_a_rule_about_the_old_name_is_not_left_behind_by_a_new_one(self, recorded):
        recorded.rules(f"{{stateful_changes: {{scope: {{addresses: [{KEEP}]}}}}}}")
        recorded.refused(lambda project: project.rename(KEY, KEEP, NEW), "stateful_changes", "would be replaced")

    def test_to_a_declared_name_is_let_through(self, recorded):
        recorded.rules("{stateful_changes: {}}")
        recorded.declare(MANIFEST.replace("    old:", "    new:"))
        recorded.do(lambda project: project.rename(KEY, OLD, NEW))
        assert recorded.addresses() == {"keep", "new"}


class TestPushing:
    def exported(self, recorded, edit):
        with recorded.open() as project:
            document = json.loads(json.dumps(pull(project.reader(), KEY)))
        edit(document["resources"])
        return read_export(json.dumps(document), "x")

    def test_what_is_left_out_is_judged_as_if_it_were_forgotten(self, recorded):
        recorded.rules("{stateful_changes: {}}")
        without = self.exported(recorded, lambda rows: rows.pop(0))
        recorded.refused(lambda project: project.push_state(KEY, without), "stateful_changes", "would be replaced")

    def test_a_record_of_another_thing_is_no_record_of_this_one(self, recorded):
        recorded.rules("{stateful_changes: {}}")
        other = self.exported(recorded, lambda rows: rows[0].update(physical_id="elsewhere"))
        recorded.refused(lambda project: project.push_state(KEY, other), "stateful_changes", "would be replaced")

    def test_what_is_recorded_when_the_lease_is_held_counts(self, recorded, monkeypatch):
        """Between the look and the lease, somebody else may have recorded something."""
        recorded.rules("{stateful_changes: {}}")
        export = self.exported(recorded, lambda rows: None)
        acquire = SqlStore.acquire

        def slow(store, *args, **kwargs):
            monkeypatch.setattr(SqlStore, "acquire", acquire)
            recorded.declare(MANIFEST + "    new: {kind: directory, path: data/new}\n")
            with recorded.open() as project:
                project.apply(project.plan("demo"))
            return acquire(store, *args, **kwargs)

        monkeypatch.setattr(SqlStore, "acquire", slow)
        with recorded.open() as project, pytest.raises(PolicyDeniedError) as caught:
            project.push_state(KEY, export, force=True)
        assert [item.address for item in caught.value.diagnostics] == [NEW]
        assert recorded.addresses() == {"keep", "old", "new"}


COMMANDS = {
    "state rm": lambda project: project.forget(KEY, OLD),
    "state mv": lambda project: project.rename(KEY, OLD, NEW),
    "state rebuild": lambda project: project.rebuild("demo"),
    "state push": lambda project: project.push_state(KEY, read_export(json.dumps(pull(project.reader(), KEY)), "x")),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_who_may_not_apply_may_not_edit_the_record_either(recorded, command):
    recorded.rules("{who_may_apply: ['root@*']}")
    recorded.refused(COMMANDS[command], "who_may_apply", "may not do this")


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_allowed_is_on_record_with_what_was_done(recorded, command):
    recorded.do(COMMANDS[command])
    [checked] = [event for event in recorded.events() if event.data.get("gate") == command]
    assert checked.data["decision"] == "allow"


def test_waivers_count_and_so_do_denials_of_rego(recorded):
    (recorded.root / "keep.rego").write_text(REGO)
    recorded.rules("{kept: {rule: rego, files: keep.rego}}")
    recorded.refused(lambda project: project.forget(KEY, OLD), "kept", "local.directory.old on edit")
    recorded.rules("{stateful_changes: {}}")
    (recorded.root / "flowyml.waivers.yaml").write_text(
        f"waivers: [{{rule: stateful_changes, stack: demo, environment: default, address: {OLD}, who: ada, why: so, "
        f"until: '{datetime.now(UTC).date()}'}}]"
    )
    recorded.do(lambda project: project.forget(KEY, OLD))
    assert recorded.addresses() == {"keep"}


class TestRebuilding:
    """With an engine that knows more than the record."""

    @pytest.fixture
    def bed(self, monkeypatch):
        monkeypatch.setitem(catalogue.KINDS, DATA.id, DATA)
        bed = Bed()
        bed.apply(compiled(spec("there")))
        strangers = tuple(Stranger(address(name), f"id-{name}") for name in ("declared", "unknown"))
        settled = []

        def settle(subjects, context, *, forget):
            settled.append(forget)
            return Accounts(strangers=strangers)

        monkeypatch.setattr(bed.world, "settle", settle)
        self.settled = settled
        return bed

    def run(self, bed, admit, *, forget=False):
        place = Workplace(bed.store, {"local": bed.world}, Path(), bed.around({}), "ada", lambda: admit((), ()))
        specs = {item: spec(item.name) for item in (address("there"), address("declared"))}
        return rebuild(bed.store.snapshot(BED_KEY), specs, place, forget=forget, admit=admit)

    def test_what_would_be_recorded_and_dropped_is_told_before(self, bed):
        told = []
        self.run(bed, lambda *args: told.append([[item.address.name for item in part] for part in args]), forget=True)
        assert told == [[[], []], [["declared"], ["unknown"]]]

    def test_a_refusal_leaves_both_records_as_they_are(self, bed):
        def admit(adopted, dropped):
            if dropped:
                raise PolicyDeniedError("no")

        with pytest.raises(PolicyDeniedError):
            self.run(bed, admit, forget=True)
        assert self.settled == [False]
        assert [item.name for item in bed.store.snapshot(BED_KEY).rows] == ["there"]
