"""Events reach a webhook: signed, in order, none left out; and whatever it does, commands do what they do."""

import hashlib
import hmac
import json
import socket
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from flowyml_infra.audit import delivery, webhook
from flowyml_infra.audit.delivery import Undelivered, deliver
from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.audit.store import AuditStore
from flowyml_infra.audit.webhook import Webhook
from flowyml_infra.cli.main import execute
from flowyml_infra.errors import AuditError
from flowyml_infra.project import Project
from tests.state.samples import sqlite_store

SECRET = "a secret of the receiver"


class Receiver:
    """A server that keeps what it gets and answers with the statuses it is given, then with 204."""

    def __init__(self):
        self.requests = []
        self.statuses = []
        self.hanging = threading.Event()
        self.hanging.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.requests.append((self.path, dict(self.headers), body))
                receiver.hanging.wait(30)
                status = receiver.statuses.pop(0) if receiver.statuses else 204
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", f"{receiver.url}/elsewhere")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def names(self):
        return [event["name"] for _, _, body in self.requests for event in json.loads(body)["events"]]

    def close(self):
        self.hanging.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver():
    with closing(Receiver()) as made:
        yield made


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(webhook, "PAUSE_SECONDS", 0.0)


@pytest.fixture
def log(tmp_path) -> AuditStore:
    """A log with the events A and B."""
    with sqlite_store(tmp_path) as store:
        store.append_events([AuditEvent("A", "prod", data={"changes": 1}), AuditEvent("B")])
    return AuditStore("sqlite:///state.db", project_root=tmp_path)


def hook(url: str, **more) -> Webhook:
    return Webhook(url, SECRET.encode(), allow_http=True, **more)


def test_events_arrive_signed_and_once(receiver, log):
    assert deliver(log, hook(receiver.url + "/in")) is None
    assert deliver(log, hook(receiver.url + "/in")) is None
    ((path, headers, body),) = receiver.requests
    assert path == "/in"
    time, _, given = headers["X-Flowyml-Signature"].partition(",")
    expected = hmac.new(SECRET.encode(), time.removeprefix("t=").encode() + b"." + body, hashlib.sha256)
    assert given == f"v1={expected.hexdigest()}"
    document = json.loads(body)
    assert document == {"format_version": "1", "events": [event.to_json() for event in log.get_events()]}
    log.append([AuditEvent("C")])
    assert deliver(log, hook(receiver.url + "/in")) is None
    assert receiver.names() == ["A", "B", "C"]


def test_many_events_go_in_several_requests(receiver, log, monkeypatch):
    monkeypatch.setattr(delivery, "BATCH", 3)
    log.append([AuditEvent(name) for name in "CDEFG"])
    assert deliver(log, hook(receiver.url)) is None
    assert receiver.names() == list("ABCDEFG")
    assert len(receiver.requests) == 3


@pytest.mark.parametrize("statuses", [[500], [503, 429], [408, 425]])
def test_what_can_pass_is_tried_again(receiver, log, statuses):
    receiver.statuses = list(statuses)
    assert deliver(log, hook(receiver.url)) is None
    assert len(receiver.requests) == len(statuses) + 1
    assert len({body for _, _, body in receiver.requests}) == 1


def test_what_stays_so_is_given_up_for_now_and_kept(receiver, log):
    receiver.statuses = [500] * webhook.ATTEMPTS
    assert deliver(log, hook(receiver.url)) == Undelivered("127.0.0.1", "it answered 500")
    assert len(receiver.requests) == webhook.ATTEMPTS
    receiver.requests.clear()
    log.append([AuditEvent("C")])
    assert deliver(log, hook(receiver.url)) is None
    assert receiver.names() == ["A", "B", "C"]


def test_a_mark_beyond_the_end_of_the_log_hides_nothing(receiver, log, monkeypatch):
    monkeypatch.setattr(delivery, "BATCH", 1)
    assert deliver(log, hook(receiver.url)) is None
    receiver.requests.clear()
    with log.database.transaction() as execute:
        execute("UPDATE meta SET value = '999' WHERE name LIKE 'audit.delivered.%'", {})
    log.append([AuditEvent("C")])
    assert deliver(log, hook(receiver.url)) is None
    assert receiver.names() == ["A", "B", "C"]
    assert deliver(log, hook(receiver.url)) is None
    assert receiver.names() == ["A", "B", "C"]


@pytest.mark.parametrize("status", [302, 400, 401, 404])
def test_a_refusal_is_not_argued_with_and_no_redirect_is_followed(receiver, log, status):
    receiver.statuses = [status]
    assert deliver(log, hook(receiver.url)) == Undelivered("127.0.0.1", f"it answered {status}")
    assert [path for path, _, _ in receiver.requests] == ["/"]


def test_a_webhook_that_never_answers_is_left_behind(receiver, log):
    receiver.hanging.clear()
    undelivered = deliver(log, hook(receiver.url, seconds=0.3))
    assert undelivered.host == "127.0.0.1"
    receiver.hanging.set()


def test_ctrl_c_ends_the_waiting_and_not_the_command(receiver, log, monkeypatch):
    def press(worker, seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "join", press)
    assert deliver(log, hook(receiver.url)) == Undelivered("127.0.0.1", "it was not waited for")
    monkeypatch.undo()


def test_a_webhook_that_is_not_there_is_said_without_its_path(log):
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    undelivered = deliver(log, hook(f"http://127.0.0.1:{port}/canary?canary"))
    assert "cannot be reached" in undelivered.reason
    assert "canary" not in undelivered.host + undelivered.reason + repr(hook("http://h/canary"))


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "ftp://host/", "file:///etc/passwd", "https://", "nonsense"])
def test_an_address_without_tls_is_taken_only_by_name(url, log):
    with pytest.raises(AuditError, match="no https:// address"):
        Webhook(url, SECRET.encode()).check()
    assert "no https:// address" in deliver(log, Webhook(url, SECRET.encode())).reason


def test_each_webhook_has_its_own_mark_and_a_slower_command_does_not_move_it_back(receiver, log):
    first, second = hook(receiver.url + "/1"), hook(receiver.url + "/2")
    assert deliver(log, first) is None
    delivery.mark(log, first, 1)
    assert deliver(log, first) is None
    assert deliver(log, second) is None
    assert [path for path, _, _ in receiver.requests] == ["/1", "/2"]


def test_where_there_is_no_log_nothing_is_sent(receiver, tmp_path):
    assert deliver(AuditStore("sqlite:///none.db", project_root=tmp_path), hook(receiver.url)) is None
    assert receiver.requests == []


@pytest.fixture
def run(tmp_path, monkeypatch, capsys, receiver):
    """Runs command lines in a project whose webhook is ``receiver``."""
    monkeypatch.chdir(tmp_path)
    assert execute(["init", "iris"]) == 0
    monkeypatch.chdir(tmp_path / "iris")
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    monkeypatch.setenv("HOOK_TOKEN", "canary")
    with Path("flowyml.yaml").open("a") as file:
        file.write(
            "\naudit:\n  webhook:\n"
            f"    url: {receiver.url}/${{HOOK_TOKEN}}\n    secret_env: HOOK_SECRET\n"
            "    allow_http: true\n    timeout: 5\n"
        )

    def call(line):
        capsys.readouterr()
        code = int(execute(line.split()))
        return (code, *capsys.readouterr())

    return call


def test_a_command_tells_the_webhook_and_a_plan_without_changes_does(run, receiver):
    assert run("apply --auto-approve")[0] == 0
    assert receiver.names() == ["PlanCreated", "PolicyChecked", "ApplyStarted", "StackApplied"]
    assert {path for path, _, _ in receiver.requests} == {"/canary"}
    receiver.requests.clear()
    for _ in range(2):
        assert run("plan")[1].startswith("No changes.")
    assert receiver.names() == ["PlanCreated", "PolicyChecked"] * 2


def test_a_webhook_that_fails_is_a_warning_and_the_next_command_delivers(run, receiver):
    receiver.statuses = [500] * webhook.ATTEMPTS
    code, out, err = run("apply --auto-approve --json")
    assert code == 0
    assert json.loads(out)["result"] == "succeeded"
    assert "Warning: 127.0.0.1 did not get every event: it answered 500; the next command tries again" in err
    assert "canary" not in out + err
    receiver.requests.clear()
    assert run("show") == (0, run("show")[1], "")
    assert receiver.names() == ["PlanCreated", "PolicyChecked", "ApplyStarted", "StackApplied"]


def test_what_is_refused_is_told_too(run, receiver):
    text = Path("flowyml.yaml").read_text()
    Path("flowyml.yaml").write_text(text.replace("    - iris\n    - iris-*\n", "    - other\n"))
    assert run("apply --auto-approve")[0] == 3
    assert receiver.names()[-1] == "PolicyChecked"
    assert json.loads(receiver.requests[-1][2])["events"][-1]["data"]["decision"] == "deny"


def test_a_secret_that_is_not_set_is_a_warning(run, receiver, monkeypatch):
    monkeypatch.delenv("HOOK_SECRET")
    code, _, err = run("apply --auto-approve")
    assert code == 0
    assert "HOOK_SECRET is not set" in err
    assert receiver.requests == []


def test_a_program_that_closes_its_project_tells_the_webhook(run, receiver):
    with Project.open(".") as project:
        project.plan("iris")
    assert receiver.names() == ["PlanCreated", "PolicyChecked"]
    project = Project.open(".")
    project.plan("iris")
    receiver.statuses = [404]
    assert "it answered 404" in project.close()[0]
    assert project.close() == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("allow_http: true", "allow_http: false", "no https:// address"),
        ("secret_env: HOOK_SECRET", "secret: x", "audit.webhook"),
        ("timeout: 5", "timeout: 0", "timeout"),
        ("timeout: 5", "timeout: 600", "timeout"),
    ],
)
def test_a_wrong_section_is_said_with_its_line(run, receiver, old, new, problem):
    text = Path("flowyml.yaml").read_text().replace("${HOOK_TOKEN}", "in")
    assert old in text
    Path("flowyml.yaml").write_text(text.replace(old, new))
    code, out, err = run("validate")
    assert code == 1
    assert problem in out + err
    assert "flowyml.yaml:" in out + err
    assert receiver.requests == []
