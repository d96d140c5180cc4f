"""Namespaces and what is in them through the real engine, the Kubernetes stand-in and a real API server."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_kubernetes
import pytest
from pulumi import automation
from pulumi.automation import CommandError, OpType

from tests.emulation.bed import Bed
from tests.emulation.kubernetes_server import KubernetesServer
from tests.emulation.plugin import faults
from tests.emulation.plugin.failures import RefusedError
from tests.emulation.plugin.faults import Fault
from tests.emulation.plugin.handling import Asked
from tests.emulation.plugin.kubernetes.cluster import APPLY
from tests.emulation.plugin.kubernetes.objects import Objects
from tests.emulation.plugin.kubernetes.provider import Provider
from tests.emulation.pods import reported_ready

pytestmark = pytest.mark.engine

NAMESPACE = "kubernetes:core/v1:Namespace"
SECRET = "kubernetes:core/v1:Secret"
core, apps, rbac, networking = (
    pulumi_kubernetes.core.v1,
    pulumi_kubernetes.apps.v1,
    pulumi_kubernetes.rbac.v1,
    pulumi_kubernetes.networking.v1,
)


@dataclass
class Program:
    """A namespace with a secret in it; tests change the fields between two runs."""

    namespace: str
    secret: str | None = "login"
    password: str = "first"
    labels: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)

    def __call__(self) -> None:
        provider = pulumi_kubernetes.Provider("cluster", **self.options)
        by = pulumi.ResourceOptions(provider=provider)
        space = core.Namespace("space", metadata={"name": self.namespace, "labels": self.labels}, opts=by)
        place = {"namespace": space.metadata.name} | ({"name": self.secret} if self.secret else {})
        password = pulumi.Output.secret(self.password)
        secret = core.Secret("login", metadata=place, string_data={"password": password}, opts=by)
        pulumi.export("secret", secret.metadata.name)


@pytest.fixture
def program(unique: str) -> Program:
    return Program(unique)


@pytest.fixture
def get(kubernetes: KubernetesServer, unique: str) -> Callable[[str], Any]:
    """Reads a path below the test's namespace."""
    return lambda path: kubernetes.cluster.call("GET", f"/api/v1/namespaces/{unique}{path}")


def changes(result: automation.UpResult | automation.DestroyResult) -> dict[str, int]:
    counted = dict(result.summary.resource_changes or {})
    counted.pop("same", None)
    return counted


def password_of(secret: dict[str, Any]) -> str:
    return base64.b64decode(secret["data"]["password"]).decode()


def test_a_namespace_and_a_secret_come_up_change_make_way_and_go(
    kubernetes_bed: Bed, kubernetes: KubernetesServer, get: Callable[[str], Any], program: Program
) -> None:
    program.password = "correct horse"
    stack = kubernetes_bed.stack(program)
    assert stack.preview().change_summary == {OpType.CREATE: 4}
    assert not kubernetes_bed.calls("create"), "a preview makes nothing"

    stack.up()
    assert password_of(get("/secrets/login")) == "correct horse"
    # Not `export_stack`, which asks for the secrets in the clear.
    written = "".join(path.read_text() for path in (kubernetes_bed.folder / "backend").rglob("*.json"))
    for text in ("correct horse", base64.b64encode(b"correct horse").decode()):
        assert text not in written
    assert changes(stack.up(refresh=True)) == {}

    program.labels = {"team": "risk"}
    assert changes(stack.up()) == {"update": 1}
    assert get("")["metadata"]["labels"]["team"] == "risk"
    program.labels = {}
    stack.up()
    assert "team" not in get("")["metadata"]["labels"]

    program.password = "second"
    assert changes(stack.up()) == {"replace": 1}
    created, deleted = kubernetes_bed.calls("create", SECRET)[-1], kubernetes_bed.calls("delete", SECRET)[-1]
    assert deleted.time < created.time, "a secret that keeps its name is in the way of its successor"
    assert password_of(get("/secrets/login")) == "second"

    program.namespace = f"{program.namespace}-next"
    assert changes(stack.up()) == {"replace": 2}, "what is in a namespace goes with it"

    kubernetes_bed.suffer(Fault(faults.REFUSE, "delete", SECRET, nth=len(kubernetes_bed.calls("delete", SECRET)) + 1))
    with pytest.raises(CommandError, match="refusal"):
        stack.destroy()
    kinds = [item["type"] for item in stack.export_stack().deployment["resources"]]
    assert SECRET in kinds
    assert NAMESPACE in kinds, "what others need is kept while they are there"
    stack.destroy()
    names = [item["metadata"]["name"] for item in kubernetes.cluster.call("GET", "/api/v1/namespaces")["items"]]
    assert program.namespace not in names


def test_a_secret_with_a_made_name_is_replaced_by_one_with_another(kubernetes_bed: Bed, program: Program) -> None:
    program.secret = None
    stack = kubernetes_bed.stack(program)
    first = stack.up().outputs["secret"].value
    assert first.startswith("login-")
    program.password = "second"
    assert stack.up().outputs["secret"].value != first
    created, deleted = kubernetes_bed.calls("create", SECRET)[-1], kubernetes_bed.calls("delete", SECRET)[-1]
    assert created.time < deleted.time


def test_with_mutable_secrets_another_password_is_no_replacement(
    kubernetes_bed: Bed, get: Callable[[str], Any], program: Program
) -> None:
    program.options = {"enable_secret_mutable": True}
    stack = kubernetes_bed.stack(program)
    stack.up()
    program.password = "second"
    assert changes(stack.up()) == {"update": 1}
    assert password_of(get("/secrets/login")) == "second"


def test_what_was_changed_by_others_is_seen_and_put_right(
    kubernetes_bed: Bed, kubernetes: KubernetesServer, get: Callable[[str], Any], program: Program
) -> None:
    program.labels = {"team": "risk"}
    stack = kubernetes_bed.stack(program)
    stack.up()
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"labels": {"team": "fraud"}}}
    path = f"/api/v1/namespaces/{program.namespace}"
    kubernetes.cluster.call("PATCH", path, body, APPLY, fieldManager="someone", force="true")
    with pytest.raises(CommandError, match="conflict with"):
        stack.up(refresh=True)
    kubernetes.cluster.call("PATCH", path, {**body, "metadata": {}}, APPLY, fieldManager="someone", force="true")
    stack.up(refresh=True)
    assert get("")["metadata"]["labels"]["team"] == "risk"


def test_what_is_there_is_not_taken_over(kubernetes_bed: Bed, kubernetes: KubernetesServer, program: Program) -> None:
    body = {"metadata": {"name": program.namespace}}
    kubernetes.cluster.call("POST", "/api/v1/namespaces", body)
    with pytest.raises(CommandError, match="already exists"):
        kubernetes_bed.stack(program).up()
    kubernetes.cluster.call("DELETE", f"/api/v1/namespaces/{program.namespace}")


def test_the_namespace_of_the_provider_is_the_default(kubernetes_bed: Bed, unique: str) -> None:
    def program() -> None:
        space = core.Namespace("space", metadata={"name": unique})
        provider = pulumi_kubernetes.Provider("within", namespace=space.metadata.name)
        config = core.ConfigMap("config", data={"a": "1"}, opts=pulumi.ResourceOptions(provider=provider))
        pulumi.export("id", config.id)

    stack = kubernetes_bed.stack(program)
    up = stack.up()
    assert up.outputs["id"].value.startswith(f"{unique}/config-")


class Untyped(pulumi.CustomResource):
    """A resource whose inputs no SDK has looked at."""

    def __init__(self, token: str, inputs: dict[str, Any]) -> None:
        super().__init__(token, "untyped", inputs)


@pytest.mark.parametrize(
    ("token", "inputs", "complaint"),
    [
        (SECRET, {"metadata": {"name": "a"}, "datum": {}}, "datum"),
        ("kubernetes:rbac.authorization.k8s.io/v1:RoleBinding", {"metadata": {"name": "a"}}, "roleRef"),
        ("kubernetes:apps/v1:Deployment", {"metadata": {"name": "a"}}, "spec"),
        ("kubernetes:apps/v1:Deployment", {"metadata": {"name": "a"}, "spec": {"replicas": 1}}, "selector"),
        (NAMESPACE, {"metadata": {"name": "Not_A_Name"}}, "Not_A_Name"),
        (NAMESPACE, {"metadata": {"name": "a-name", "colour": "red"}}, "colour"),
    ],
)
def test_wrong_inputs_are_refused_before_anything_is_made(
    kubernetes: KubernetesServer, monkeypatch: pytest.MonkeyPatch, token: str, inputs: dict[str, Any], complaint: str
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(kubernetes.kubeconfig))
    handler = Provider().handler(token)
    assert handler is not None
    with pytest.raises(RefusedError, match=complaint):
        previewed(handler, inputs)


def previewed(handler: Objects, inputs: dict[str, Any]) -> None:
    """Ask as the engine does for a preview of something new."""
    checked = handler.check(Asked("untyped", inputs, {}, b"seed"))
    if checked.failures:
        raise RefusedError("; ".join(f"{item.property}: {item.reason}" for item in checked.failures))
    handler.create(checked.inputs, preview=True, timeout=0)


@pytest.mark.parametrize(
    ("token", "inputs", "complaint"),
    [
        (SECRET, {"metadata": {"name": "a"}, "datum": {}}, "datum"),
        (NAMESPACE, {"metadata": {"name": "Not_A_Name"}}, "Not_A_Name"),
        ("kubernetes:core/v1:Wish", {}, "no resource type"),
    ],
)
def test_what_is_refused_fails_the_preview(
    kubernetes_bed: Bed, token: str, inputs: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(CommandError, match=complaint):
        kubernetes_bed.stack(lambda: Untyped(token, inputs) and None).preview()
    assert not kubernetes_bed.calls("create")


def workloads(namespace: str) -> None:
    """One of each kind that the stand-in knows, as a model server with a database would have them."""
    space = core.Namespace("space", metadata={"name": namespace})
    labels, container = {"app": "server"}, {"name": "server", "image": "example.invalid/server:1"}
    within = {"namespace": space.metadata.name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    selected = {"selector": {"match_labels": labels}, "template": template}
    core.ServiceAccount("runner", metadata=within)
    core.ConfigMap("settings", metadata=within, data={"a.b": "1"})
    core.ResourceQuota("quota", metadata=within, spec={"hard": {"pods": "10"}})
    core.LimitRange("limits", metadata=within, spec={"limits": [{"type": "Container", "default": {"cpu": "500m"}}]})
    claim = {"access_modes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    core.PersistentVolumeClaim("data", metadata=within, spec={**claim, "storage_class_name": "standard"})
    core.Service("server", metadata=within, spec={"selector": labels, "ports": [{"port": 80}]})
    apps.Deployment("server", metadata=within, spec={"replicas": 2, **selected})
    apps.StatefulSet("store", metadata=within, spec={"service_name": "store", "replicas": 1, **selected})
    rule = {"api_groups": [""], "resources": ["pods"], "verbs": ["get", "list"]}
    role = rbac.Role("reader", metadata=within, rules=[rule])
    reference = {"api_group": "rbac.authorization.k8s.io", "kind": "Role", "name": role.metadata.name}
    subject = {"kind": "ServiceAccount", "name": "default", "namespace": namespace}
    rbac.RoleBinding("reader", metadata=within, role_ref=reference, subjects=[subject])
    networking.NetworkPolicy("closed", metadata=within, spec={"pod_selector": {}, "policy_types": ["Ingress"]})


def test_one_of_each_kind_comes_up_and_nothing_is_left_to_change(
    kubernetes_bed: Bed, kubernetes: KubernetesServer, unique: str
) -> None:
    stack = kubernetes_bed.stack(lambda: workloads(unique))
    with reported_ready(kubernetes.cluster, unique):
        stack.up()
        assert changes(stack.up(refresh=True)) == {}
        stack.destroy()


def test_a_deployment_without_pods_times_out_and_stays(
    kubernetes_bed: Bed, kubernetes: KubernetesServer, unique: str
) -> None:
    labels, container = {"app": "server"}, {"name": "server", "image": "example.invalid/server:1"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    times = pulumi.CustomTimeouts(create="2s")

    def program() -> None:
        space = core.Namespace("space", metadata={"name": unique})
        apps.Deployment(
            "server",
            metadata={"namespace": space.metadata.name, "name": "server"},
            spec={"selector": {"match_labels": labels}, "template": template},
            opts=pulumi.ResourceOptions(custom_timeouts=times),
        )

    stack = kubernetes_bed.stack(program)
    with pytest.raises(CommandError, match="timed out waiting"):
        stack.up()
    kept = [item for item in stack.export_stack().deployment["resources"] if item["type"].endswith("Deployment")]
    assert [item["id"] for item in kept] == [f"{unique}/server"]
    assert kept[0]["initErrors"]
    with reported_ready(kubernetes.cluster, unique):
        stack.up()
        stack.destroy()


def test_a_context_that_is_not_there_fails(kubernetes_bed: Bed, program: Program) -> None:
    program.options = {"context": "elsewhere"}
    with pytest.raises(CommandError, match="elsewhere"):
        kubernetes_bed.stack(program).preview()
