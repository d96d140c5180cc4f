import os
import subprocess
import sys
from dataclasses import replace

import pytest

from flowyml_infra.audit.actor import host_name
from flowyml_infra.state import process
from flowyml_infra.state.process import ProcessIdentity, is_gone, this_process


def dead() -> ProcessIdentity:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return replace(this_process(), pid=child.pid)


def test_a_running_process_is_not_gone():
    me = this_process()
    assert (me.pid, me.host) == (os.getpid(), host_name())
    assert not is_gone(me)
    assert this_process() == me
    assert ProcessIdentity.from_json(me.to_json()) == me


def test_a_process_that_ended_is_gone():
    assert is_gone(dead())


def test_a_process_id_that_is_used_again_is_another_process():
    assert is_gone(replace(this_process(), started="1"))


@pytest.mark.parametrize("elsewhere", [{"host": "other-host"}, {"machine": "another boot"}, {"machine": ""}])
def test_what_ran_elsewhere_cannot_be_known_to_be_gone(elsewhere):
    assert not is_gone(replace(dead(), **elsewhere))


def test_where_the_system_tells_nothing_no_process_is_known_to_be_gone(tmp_path, monkeypatch):
    monkeypatch.setattr(process, "_PROC", tmp_path)
    me = this_process()
    assert me.machine == me.started == ""
    assert not is_gone(dead())


def test_a_damaged_record_names_no_process():
    assert not is_gone(ProcessIdentity.from_json({}))
