"""Objects in a namespace that run nothing: rights, quotas, rules of the network, secrets."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from flowyml_infra.apply.engines.pulumi.programs import load_program
from flowyml_infra.resources.facts.kubernetes import API_GROUPS
from tests.programs.kubernetes.cluster import made, spec

VERBS = ["create", "delete", "get", "list", "watch"]
DNS_PORTS = [
    {"protocol": protocol, "port": port} for protocol, port in [("UDP", 53), ("UDP", 5353), ("TCP", 53), ("TCP", 5353)]
]


def rule(group: str, resources: list[str], verbs: list[str]) -> dict[str, list[str]]:
    return {"apiGroups": [group], "resources": resources, "verbs": verbs}


class TestRights:
    def test_by_default_an_account_runs_jobs_and_reads_what_they_say(self) -> None:
        assert made("service_account").one("v1:Role")["rules"] == [
            rule("", ["pods"], VERBS),
            rule("", ["pods/log"], ["get"]),
            rule("batch", ["jobs"], VERBS),
        ]

    @pytest.mark.parametrize(
        ("permission", "expected"),
        [
            ("*", rule("*", ["*"], ["*"])),
            ("pods/exec", rule("", ["pods/exec"], ["create", "get"])),
            ("deployments/scale", rule("apps", ["deployments/scale"], ["get", "patch", "update"])),
            ("workflows.argoproj.io", rule("argoproj.io", ["workflows"], VERBS)),
            ("rayjobs.ray.io/status", None),
        ],
    )
    def test_a_permission_comes_to_a_rule(self, permission: str, expected: dict[str, list[str]] | None) -> None:
        found = made("service_account", permissions=[permission]).one("v1:Role")["rules"]
        assert found == [expected or rule("ray.io", ["rayjobs/status"], ["get"])]

    @pytest.mark.parametrize("name", sorted(API_GROUPS))
    def test_what_kubernetes_has_is_found_in_its_group(self, name: str) -> None:
        (found,) = made("service_account", permissions=[name]).one("v1:Role")["rules"]
        assert found["apiGroups"] == [API_GROUPS[name]]

    def test_the_role_is_bound_to_the_account_alone(self) -> None:
        found = made("service_account", name="runner")
        binding = found.one("RoleBinding")
        assert binding["roleRef"] == {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "runner"}
        assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "runner", "namespace": "team-a"}]

    def test_no_token_is_given_to_pods_unless_told(self) -> None:
        account = made("service_account").one("ServiceAccount")
        assert account["automountServiceAccountToken"] is False
        assert made("service_account", automount_token=True).one("ServiceAccount")["automountServiceAccountToken"]

    def test_it_carries_what_it_is_told(self) -> None:
        found = made("service_account", annotations={"role": "ml"}, image_pull_secrets=["ghcr", "quay"])
        account = found.one("ServiceAccount")
        assert account["metadata"]["annotations"]["role"] == "ml"
        assert account["imagePullSecrets"] == [{"name": "ghcr"}, {"name": "quay"}]

    def test_without_permissions_there_is_no_role(self) -> None:
        assert [thing.type for thing in made("service_account", permissions=[]).things] == [
            "kubernetes:core/v1:ServiceAccount"
        ]


class TestQuotas:
    def test_limits_are_of_what_pods_ask_for(self) -> None:
        found = made("quota", cpu="8", memory="32Gi", gpu=2, pods=9, storage="1Ti")
        assert spec(found)["hard"] == {
            "requests.cpu": "8",
            "requests.memory": "32Gi",
            "requests.nvidia.com/gpu": "2",
            "pods": "9",
            "requests.storage": "1Ti",
        }

    def test_a_container_that_asks_for_nothing_gets_a_default_where_there_is_a_limit(self) -> None:
        found = made("quota", memory="32Gi", default_memory="2Gi").one("LimitRange")["spec"]
        assert found == {"limits": [{"type": "Container", "defaultRequest": {"memory": "2Gi"}}]}
        assert not made("quota", pods=9).all("LimitRange")

    def test_a_limit_may_be_nought(self) -> None:
        assert spec(made("quota", gpu=0, pods=0))["hard"] == {"requests.nvidia.com/gpu": "0", "pods": "0"}


class TestNetworkPolicies:
    def policy(self, **properties: Any) -> Any:
        found = spec(made("network_policy", **properties))
        assert found["podSelector"] == {}
        assert found["policyTypes"] == ["Ingress", "Egress"]
        return found

    def test_by_default_other_namespaces_stay_out(self) -> None:
        found = self.policy()
        assert found["ingress"] == [{"from": [{"podSelector": {}}]}]
        assert found["egress"] == [{}]

    def test_namespaces_that_are_named_get_in(self) -> None:
        (rules,) = self.policy(internal=False, allow_from=["team-b", "ingress"])["ingress"]
        named = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["team-b", "ingress"]}
        assert rules == {"from": [{"namespaceSelector": {"matchExpressions": [named]}}]}

    def test_where_nobody_is_let_in_there_is_no_rule(self) -> None:
        # One without peers would let everybody in.
        assert self.policy(internal=False).get("ingress") == []

    def test_public_access_lets_all_in(self) -> None:
        assert self.policy(public_access=True)["ingress"] == [{}]

    @pytest.mark.parametrize("internal", [True, False])
    def test_without_the_internet_names_are_still_found(self, internal: bool) -> None:
        names, *rest = self.policy(internet=False, internal=internal)["egress"]
        assert names["ports"] == DNS_PORTS
        assert names["to"] == [{"namespaceSelector": {}}, {"ipBlock": {"cidr": "169.254.0.0/16"}}]
        assert rest == ([{"to": [{"podSelector": {}}]}] if internal else [])


class TestSecrets:
    def test_one_entry_is_kept(self) -> None:
        found = made("secret", key="token", value="sesame").one("Secret")
        assert (found["type"], found["stringData"]) == ("Opaque", {"token": "sesame"})

    def test_without_a_value_it_is_empty_for_others_to_fill(self) -> None:
        assert not {"data", "stringData"} & set(made("secret").one("Secret"))

    def test_a_registry_is_logged_in_to_as_the_cluster_expects(self) -> None:
        found = made("registry_secret").one("Secret")
        assert found["type"] == "kubernetes.io/dockerconfigjson"
        assert json.loads(found["stringData"][".dockerconfigjson"]) == {
            "auths": {
                "ghcr.io/acme": {
                    "username": "puller",
                    "password": "sesame",
                    "auth": base64.b64encode(b"puller:sesame").decode(),
                }
            }
        }

    def test_namespaces_are_held_to_a_standard(self) -> None:
        labels = made("namespace").one("Namespace")["metadata"]["labels"]
        assert labels["pod-security.kubernetes.io/enforce"] == "baseline"


def test_the_provider_is_the_cluster_s_own() -> None:
    assert load_program("kubernetes").place is not None
