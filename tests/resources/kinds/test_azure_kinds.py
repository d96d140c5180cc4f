"""What is particular to kinds on Azure: combinations, URIs, places, identities, workspaces."""

from __future__ import annotations

from typing import Any

import pytest

from flowyml_infra.definition.project_config import ProjectConfig
from flowyml_infra.errors import DefinitionError
from flowyml_infra.resources.catalogue import NAMES, kind
from flowyml_infra.resources.derivation import FromName
from flowyml_infra.resources.expand import expand
from flowyml_infra.resources.places.azure import REGIONS, region_name
from flowyml_infra.resources.places.azure_machines import FAMILIES, machine_doubt, machine_name, machine_problem
from flowyml_infra.resources.values import Reference, Unknown
from flowyml_infra.stacks.azure import AzureStack
from tests.support.clouds import bucket, expanded

PLACE = {"region": "westeurope", "subscription_id": "s-1", "resource_group": "ml"}
HERE: dict[str, Any] = {"provider": "azure", "location": PLACE}
KEY = "https://keys.vault.azure.net/keys/main"


def problem(**entry: Any) -> str:
    with pytest.raises(DefinitionError) as caught:
        expanded({**HERE, "resources": {"data": entry}})
    (found,) = caught.value.diagnostics
    return found.summary.removeprefix("spec.resources.data.")


def made(which: str, /, **properties: Any) -> set[str]:
    return {child.name for child in kind("azure", which).children if child.wanted(properties)}


def weaker(name: str, path: str, value: Any) -> str | None:
    item = kind("azure", name).property(path)
    assert item is not None
    assert item.weakens is not None
    return item.weakens(value)


class TestCombinations:
    @pytest.mark.parametrize(
        ("entry", "summary"),
        [
            (
                {"kind": "storage", "hierarchical_namespace": True},
                "versioning is on, and an account with folders keeps no versions",
            ),
            ({"kind": "storage", "kms_key": KEY}, "kms_key names a key that nobody may use"),
            ({"kind": "storage", "key_identity": "/subscriptions/s/i"}, "key_identity is there without a key"),
            (
                {"kind": "storage", "container": "My--Files"},
                "container is 'My--Files'; allowed are lower-case letters, digits and single hyphens, not at the ends",
            ),
            (
                {"kind": "registry", "public_network": False},
                "public_network is off, and a registry of Standard has no private endpoints",
            ),
            (
                {"kind": "registry", "keep_untagged_days": 7},
                "keep_untagged_days is there, and a registry of Standard cannot have it",
            ),
            (
                {"kind": "registry", "sku": "Basic", "anonymous_pull": True},
                "anonymous_pull is on, and a registry of Basic cannot have it",
            ),
            ({"kind": "database", "storage": 100}, "storage is 100 GiB, which there is not; the next is 128"),
            ({"kind": "database", "storage": 20}, "storage is 20 GiB; 32 to 32767 are allowed"),
            (
                {"kind": "database", "multi_zone": True},
                "multi_zone is on, and Standard_B2s can have no standby",
            ),
            (
                {"kind": "database", "size": "Standard_NC6s_v3"},
                "size is 'Standard_NC6s_v3'; those for databases are of the families B, D and E",
            ),
            (
                {"kind": "database", "allowed_addresses": ["1.2.3.4"]},
                "allowed_addresses is there, and nobody gets in from the internet",
            ),
            (
                {"kind": "database", "public_access": True, "allowed_addresses": ["1.2.3.0/24"]},
                "allowed_addresses has '1.2.3.0/24' in it; it reads FIRST-LAST, or one address",
            ),
            (
                {"kind": "database", "public_access": True, "allowed_addresses": ["1.2.3.9-1.2.3.4"]},
                "allowed_addresses has '1.2.3.9-1.2.3.4' in it, which ends before it begins",
            ),
            ({"kind": "database", "backup_days": 3}, "backup_days is 3 days; 7 to 35 are allowed"),
            ({"kind": "database", "engine_version": "9"}, "engine_version is '9'; it reads \"16\", in quotes"),
            (
                {"kind": "database", "subnet": "/s"},
                "network is missing, and the names in a subnet are those of its network",
            ),
            (
                {"kind": "cluster", "version": "1.33", "upgrade_channel": "rapid"},
                "version is said, and upgrade_channel rapid goes on to others",
            ),
            ({"kind": "node_pool", "cluster": "c", "min_nodes": 5}, "max_nodes is 3, less than min_nodes"),
            ({"kind": "ml_compute", "workspace": "w", "min_nodes": 9}, "max_nodes is 4, less than min_nodes"),
            (
                {"kind": "network", "cidr": "8.8.0.0/16"},
                "cidr is '8.8.0.0/16', which is not private; use a part of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16",
            ),
            (
                {"kind": "network", "subnet_cidr": "10.1.0.0/20"},
                "subnet_cidr is 10.1.0.0/20, which is not in 10.0.0.0/16",
            ),
            (
                {"kind": "network", "database_cidr": "10.0.1.0/24"},
                "database_cidr is 10.0.1.0/24, and 10.0.0.0/20 has some of it",
            ),
            (
                {"kind": "identity", "kubernetes_account": "ml/trainer"},
                "kubernetes_account is of a cluster, and the stack has none that says who it is",
            ),
            (
                {"kind": "identity", "roles": ["x"]},
                "roles is 'x'; a role is named as Azure does, for example AzureML Data Scientist",
            ),
            ({"kind": "vault", "tenant_id": "acme"}, "tenant_id is 'acme'; it is a UUID"),
            ({"kind": "vault", "soft_delete_days": 0}, "soft_delete_days is 0 days; 7 to 90 are allowed"),
            ({"kind": "secret", "vault": "v"}, "value is missing"),
        ],
    )
    def test_what_cannot_be_is_said(self, entry, summary):
        assert problem(**entry) == summary

    @pytest.mark.parametrize("name", ["admin", "Root", "azure_superuser", "pg_monitor"])
    def test_an_administrator_has_no_name_that_is_taken(self, name):
        assert (
            problem(kind="database", username=name)
            == f"username is {name!r}, which PostgreSQL on Azure keeps for itself"
        )

    def test_premium_can_what_the_others_cannot(self):
        entry = {"kind": "registry", "sku": "Premium", "public_network": False, "keep_untagged_days": 7}
        spec = {**HERE, "resources": {"data": {**entry, "kms_key": KEY, "key_identity": "/subscriptions/s/i"}}}
        assert bucket(expanded(spec))["sku"] == "Premium"

    def test_a_subnet_out_of_the_network_is_told_what_is_in_it(self):
        spec = {**HERE, "network": {"cidr": "10.7.0.0/24", "database_cidr": "10.7.0.128/28"}}
        with pytest.raises(DefinitionError) as caught:
            expanded(spec)
        (found,) = caught.value.diagnostics
        assert found.hint == "take a part of it, for example 10.7.0.0/24"


class TestPlaces:
    @pytest.mark.parametrize("written", ["West Europe", "westeurope", "WESTEUROPE"])
    def test_a_region_has_one_spelling(self, written):
        compiled = expanded({**HERE, "resources": {"data": {"kind": "storage", "region": written}}})
        assert bucket(compiled)["region"] == "westeurope"
        assert compiled.warnings == ()

    def test_a_region_that_is_not_known_may_be_there(self):
        compiled = expanded({**HERE, "resources": {"data": {"kind": "storage", "region": "West Eurpoe"}}})
        (doubt,) = compiled.warnings
        assert doubt.summary.endswith("region is 'westeurpoe', which this version does not know")
        assert doubt.hint == "did you mean 'westeurope'?"

    def test_the_regions_are_spelt_as_the_api_does(self):
        assert {region_name(region) for region in REGIONS} == REGIONS

    def test_a_subscription_and_a_group_are_needed_to_plan(self):
        compiled = expanded(
            {"provider": "azure", "location": {"region": "westeurope"}, "resources": {"data": {"kind": "vault"}}}
        )
        assert [gap.summary for gap in compiled.gaps] == [
            "the Azure subscription is not said, and azure.vault.data needs it",
            "the Azure resource group is not said, and azure.vault.data needs it",
        ]
        assert isinstance(bucket(compiled)["resource_group"], Unknown)

    def test_a_group_of_the_stacks_own_is_what_the_others_are_in(self):
        location = {"region": "westeurope", "subscription_id": "s-1"}
        resources = {"ours": {"kind": "resource_group"}, "data": {"kind": "storage"}}
        compiled = expanded({"provider": "azure", "location": location, "resources": resources})
        assert bucket(compiled)["resource_group"] == Reference("azure.resource_group.ours", "name")
        assert bucket(compiled, "ours")["name"].startswith("prod-ours-")
        assert compiled.gaps == ()

    def test_a_group_of_the_stacks_own_has_the_name_that_its_place_says(self):
        resources = {"ours": {"kind": "resource_group"}, "data": {"kind": "storage"}}
        compiled = expanded({**HERE, "resources": resources})
        assert bucket(compiled, "ours")["name"] == "ml"
        assert bucket(compiled)["resource_group"] == Reference("azure.resource_group.ours", "name")

    def test_two_groups_of_the_stacks_own_leave_the_choice_to_its_place(self):
        groups = {name: {"kind": "resource_group", "name": name} for name in ("one", "two")}
        compiled = expanded({**HERE, "resources": {**groups, "data": {"kind": "storage"}}})
        assert bucket(compiled)["resource_group"] == "ml"

    def test_a_group_whose_name_cannot_be_is_refused(self):
        assert "allowed are letters, digits" in problem(kind="storage", resource_group="my.group.")

    def test_tags_say_what_a_thing_belongs_to(self):
        tags = bucket(expanded({**HERE, "resources": {"data": {"kind": "storage", "tags": {"cost": "ml"}}}}))["tags"]
        assert (tags["cost"], tags["flowyml-address"]) == ("ml", "azure.storage.data")


class TestUris:
    @pytest.mark.parametrize(
        ("uri", "name", "container"),
        [
            ("abfs://models@acmeml.dfs.core.windows.net", "acmeml", "models"),
            ("abfss://models@acmeml.dfs.core.windows.net/some/where", "acmeml", "models"),
            ("wasbs://models@acmeml.blob.core.windows.net/", "acmeml", "models"),
            ("abfs://models@acmeml.dfs.core.usgovcloudapi.net/x", "acmeml", "models"),
            ("az://models/some/where", None, "models"),
            ("adl://store.azuredatalakestore.net/x", None, "artifacts"),
        ],
    )
    def test_an_account_and_a_container_are_named_by_their_uri(self, uri, name, container):
        store = bucket(expanded({**HERE, "storage": {"artifact_store": uri}}), "artifact_store")
        assert store["container"] == container
        assert store["name"] == name or (name is None and store["name"].startswith("artifactstor"))

    def test_a_uri_and_a_property_cannot_both_name_the_account(self):
        store = {"uri": "abfs://models@acmeml.dfs.core.windows.net", "name": "acmeml"}
        with pytest.raises(DefinitionError, match="uri and name both name the name"):
            expanded({**HERE, "storage": {"artifact_store": store}})

    @pytest.mark.parametrize("uri", ["acmeml.azurecr.io", "acmeml.azurecr.io/team/models"])
    def test_a_registry_is_named_by_its_host(self, uri):
        assert bucket(expanded({**HERE, "registry": uri}), "container_registry")["name"] == "acmeml"

    def test_a_host_with_a_hyphen_is_no_registry(self):
        with pytest.raises(DefinitionError, match="uri is 'acme-ml'; allowed are letters and digits"):
            expanded({**HERE, "registry": "acme-ml.azurecr.io"})


def verdict(name: str, path: str, before: Any, after: Any, **others: Any) -> str | None:
    found = kind("azure", name)
    item = found.property(path)
    assert item is not None
    if item.replaces:
        return "replace"
    verdicts = ("replace", "refuse")
    seen = (item for item in verdicts if found.transition(path, item, {path: before}, {path: after, **others}))  # type: ignore[arg-type]
    return next(seen, None)


LOCKED = {"deletion_protection": True}


@pytest.mark.parametrize(
    ("name", "path", "before", "after", "others", "expected"),
    [
        ("resource_group", "region", "westeurope", "northeurope", {}, "replace"),
        ("storage", "redundancy", "Standard_LRS", "Standard_GRS", {}, None),
        ("storage", "redundancy", "Standard_LRS", "Standard_ZRS", {}, "refuse"),
        ("storage", "redundancy", "Standard_GZRS", "Standard_ZRS", {}, None),
        ("storage", "redundancy", "Standard_RAGZRS", "Standard_RAGRS", {}, "refuse"),
        ("storage", "hierarchical_namespace", False, True, {}, "replace"),
        ("storage", "container", "a-1", "b-1", {}, None),
        ("storage", "container", "a-1", "b-1", LOCKED, "refuse"),
        ("registry", "sku", "Premium", "Standard", {}, None),
        ("registry", "kms_key", None, KEY, {}, "refuse"),
        ("registry", "kms_key", KEY, f"{KEY}2", {}, None),
        ("database", "storage", 128, 64, {}, "refuse"),
        ("database", "storage", 64, 128, {}, None),
        ("database", "engine_version", "16", "15", {}, "refuse"),
        ("database", "engine_version", "15", "17", {}, None),
        ("database", "username", "one", "two", {}, "replace"),
        ("database", "geo_redundant_backup", False, True, {}, "refuse"),
        ("database", "subnet", None, "/subnets/a", {}, "refuse"),
        ("database", "subnet", "/subnets/a", "/subnets/b", {}, "refuse"),
        ("database", "public_access", False, True, {}, None),
        ("database", "kms_key", KEY, None, {}, "refuse"),
        ("database", "database", "one", "two", LOCKED, "refuse"),
        ("cluster", "version", "1.31", "1.32", {}, None),
        ("cluster", "version", "1.31", "1.33", {}, "refuse"),
        ("cluster", "version", "1.32", "1.31", {}, "refuse"),
        ("cluster", "public_access", False, True, {}, "refuse"),
        ("cluster", "system_machine_type", "Standard_D2s_v5", "Standard_D4s_v5", {}, "refuse"),
        ("cluster", "system_nodes", 1, 3, {}, None),
        ("cluster", "service_cidr", "172.20.0.0/16", "172.21.0.0/16", {}, "replace"),
        ("cluster", "disk_encryption_set", None, "/sets/a", {}, "replace"),
        ("node_pool", "machine_type", "Standard_D4s_v5", "Standard_D8s_v5", {}, "replace"),
        ("node_pool", "disk_size", 64, 128, {}, "replace"),
        ("node_pool", "preemptible", False, True, {}, "replace"),
        ("node_pool", "max_nodes", 3, 5, {}, None),
        ("ml_workspace", "region", "westeurope", "northeurope", {}, "refuse"),
        ("ml_workspace", "storage", "/accounts/a", "/accounts/b", {}, "refuse"),
        ("ml_workspace", "vault", None, "/vaults/b", {}, "refuse"),
        ("ml_workspace", "registry", None, "/registries/a", {}, None),
        ("ml_workspace", "registry", "/registries/a", "/registries/b", {}, "refuse"),
        ("ml_workspace", "identity", None, "/identities/a", {}, None),
        ("ml_workspace", "identity", "/identities/a", None, {}, "refuse"),
        ("ml_workspace", "subnet", None, "/subnets/a", {}, "refuse"),
        ("ml_workspace", "subnet", "/subnets/a", "/subnets/b", {}, None),
        ("ml_workspace", "outbound", "internet", "approved", {}, None),
        ("ml_workspace", "outbound", "approved", "internet", {}, "refuse"),
        ("ml_workspace", "high_business_impact", False, True, {}, "refuse"),
        ("ml_workspace", "public_access", False, True, {}, None),
        ("ml_compute", "machine_type", "Standard_DS3_v2", "Standard_NC6s_v3", {}, "replace"),
        ("ml_compute", "region", "westeurope", "northeurope", {}, "replace"),
        ("ml_compute", "preemptible", False, True, {}, "replace"),
        ("ml_compute", "subnet", None, "/subnets/a", {}, "replace"),
        ("ml_compute", "idle_minutes", 5, 10, {}, None),
        ("network", "cidr", "10.0.0.0/16", "10.0.0.0/12", {}, None),
        ("network", "cidr", "10.0.0.0/16", "10.0.0.0/17", {}, "replace"),
        ("network", "cidr", "10.0.0.0/16", "10.1.0.0/16", {}, "replace"),
        ("network", "subnet_cidr", "10.0.0.0/20", "10.0.0.0/19", {}, "refuse"),
        ("vault", "purge_protection", False, True, {}, None),
        ("vault", "purge_protection", True, False, {}, "refuse"),
        ("vault", "soft_delete_days", 90, 30, {}, "refuse"),
        ("vault", "region", "westeurope", "northeurope", {}, "refuse"),
        ("vault", "tenant_id", None, "72f988bf-86f1-41af-91ab-2d7cd011db47", {}, None),
        ("vault", "sku", "standard", "premium", {}, None),
        ("secret", "value", "one", "two", {}, None),
        ("secret", "vault", "one", "two", {}, "replace"),
    ],
)
def test_a_change_does_what_the_cloud_would_do(name, path, before, after, others, expected):
    assert verdict(name, path, before, after, **others) == expected


@pytest.mark.parametrize("name", sorted(set(NAMES["azure"]) - {"resource_group"}))
def test_nothing_goes_to_another_group_or_subscription_in_place(name):
    assert verdict(name, "resource_group", "one", "two") == "replace"
    assert verdict(name, "subscription_id", "one", "two") == "replace"


V100 = "Standard_NC6s_v3, Standard_NC12s_v3, Standard_NC24s_v3"


class TestMachines:
    @pytest.mark.parametrize(
        "value",
        ["Standard_NC6s_v3", "Standard_DS3_v2", "Standard_B2s", "Standard_E8-4s_v5", "Standard_ND96isr_H100_v5"],
    )
    def test_a_size_that_there_is_passes(self, value):
        assert machine_problem(value) is None
        assert machine_doubt(value) is None

    def test_every_size_of_the_table_is_one(self):
        for family, numbers in FAMILIES.items():
            for number in numbers:
                size = family.replace("*", str(number))
                assert machine_problem(size) is None
                assert machine_doubt(size) is None
                assert machine_name(size.upper()) == size

    @pytest.mark.parametrize(
        ("value", "clause"),
        [
            (
                "Standard_NC8s_v3",
                f"is 'Standard_NC8s_v3'; did you mean 'Standard_NC6s_v3'? There is {V100}",
            ),
            (
                "NC6s_v3",
                "is 'NC6s_v3', which is no size of a machine; did you mean 'Standard_NC6s_v3'?",
            ),
            (
                "m5.large",
                "is 'm5.large', which is no size of a machine; it reads Standard_FAMILY, for example Standard_D4s_v5",
            ),
        ],
    )
    def test_a_size_that_there_is_not_names_the_nearest(self, value, clause):
        assert machine_problem(value) == clause
        assert problem(kind="node_pool", cluster="c", machine_type=value) == f"machine_type {clause}"

    def test_a_size_of_a_family_that_is_not_known_may_be_there(self):
        doubt = machine_doubt("Standard_NC6s_v9")
        assert machine_problem("Standard_NC6s_v9") is None
        assert doubt is not None
        assert doubt.hint == "did you mean 'Standard_NC6s_v3'?"

    def test_a_size_has_one_spelling(self):
        spec = {**HERE, "compute": {"backend": "azureml", "size": "STANDARD_NC6S_V3"}}
        (pool,) = (item for item in expanded(spec).graph.specs.values() if item.address.kind == "ml_compute")
        assert pool.properties["machine_type"] == "Standard_NC6s_v3"


class TestNames:
    def test_names_fit_what_they_name(self):
        words = ["a-stack-with-a-long-name", "production", "artifact_store"]
        for name in NAMES["azure"]:
            for item in kind("azure", name).properties:
                if isinstance(item.derived, FromName):
                    rule = item.derived.rule
                    made_up = rule.generate(words, ["acme", "shop"])
                    assert rule.problem(made_up) is None
                    assert rule.problem(rule.next_generation(made_up, 2)) is None
                    assert rule.scope

    @pytest.mark.parametrize(
        ("name", "longest"),
        [("storage", 24), ("registry", 50), ("vault", 24), ("node_pool", 12), ("ml_workspace", 33), ("ml_compute", 32)],
    )
    def test_names_are_no_longer_than_azure_takes(self, name, longest):
        words = "very-long-name-of-a-resource-that-goes-on-and-on-and-on"
        item = kind("azure", name).property("name")
        assert item is not None
        assert isinstance(item.derived, FromName)
        assert len(item.derived.rule.generate([words, words], ["x"])) <= longest - 4

    @pytest.mark.parametrize(
        ("name", "value"),
        [("storage", "My-Store"), ("vault", "a--b"), ("node_pool", "GPU"), ("vault", "1st"), ("registry", "a-b-c-d")],
    )
    def test_names_that_azure_does_not_take_are_refused(self, name, value):
        assert "allowed are" in problem(kind=name, name=value, **({"cluster": "c"} if name == "node_pool" else {}))


class TestIdentity:
    def test_it_may_use_what_its_stack_has(self):
        spec = {
            **HERE,
            "storage": {"artifact_store": "abfs://models@acmeml.dfs.core.windows.net"},
            "identity": {"roles": ["AzureML Data Scientist"]},
        }
        identity = bucket(expanded(spec), "identity")
        assert identity["storage"] == Reference("azure.storage.artifact_store", "id")
        assert (identity["registry"], identity["vault"]) == (None, None)
        assert made("identity", **identity) == {"identity", "storage_access", "roles"}

    def test_without_a_stack_it_may_nothing(self):
        assert made("identity", **bucket(expanded({**HERE, "identity": {}}), "identity")) == {"identity"}

    def test_a_role_that_is_another_is_another_assignment(self):
        roles = kind("azure", "identity").property("roles")
        assert roles is not None
        (assignment,) = (child for child in kind("azure", "identity").children if child.name == "roles")
        assert any(assignment.facts.makes_new(feed.partition(".")[2]) for feed in roles.feeds)

    @pytest.mark.parametrize("role", ["Owner", "contributor", "User Access Administrator"])
    def test_a_role_that_allows_everything_is_told(self, role):
        assert "far more than a stack needs" in str(weaker("identity", "roles", ["AcrPull", role]))
        assert weaker("identity", "roles", ["AcrPull"]) is None

    def test_a_service_account_of_the_stacks_cluster_can_act_as_it(self):
        spec = {**HERE, "compute": {"backend": "aks"}, "identity": {"kubernetes_account": "ml/trainer"}}
        identity = bucket(expanded(spec), "identity")
        assert identity["issuer"] == Reference("azure.cluster.compute", "oidc_issuer")
        assert made("identity", **identity) == {"identity", "federation"}


class TestWorkspace:
    def test_it_makes_what_it_cannot_be_without(self):
        spec = {**HERE, "compute": {"backend": "azureml"}}
        (workspace,) = (item for item in expanded(spec).graph.specs.values() if item.address.kind == "ml_workspace")
        assert made("ml_workspace", **workspace.properties) == {"workspace", "logs", "insights", "storage", "vault"}

    def test_it_uses_what_its_stack_has(self):
        spec = {
            **HERE,
            "compute": {"backend": "azureml"},
            "storage": {"artifact_store": {}},
            "registry": {"sku": "Premium"},
        }
        (workspace,) = (item for item in expanded(spec).graph.specs.values() if item.address.kind == "ml_workspace")
        assert workspace.properties["storage"] == Reference("azure.storage.artifact_store", "id")
        assert workspace.properties["registry"] == Reference("azure.registry.container_registry", "id")
        assert made("ml_workspace", **workspace.properties) == {"workspace", "logs", "insights", "vault"}

    def test_it_can_be_kept_from_what_its_stack_has(self):
        compute = {"backend": "azureml", "properties": {"storage": ""}}
        spec = {**HERE, "compute": compute, "storage": {"artifact_store": {}}}
        (workspace,) = (item for item in expanded(spec).graph.specs.values() if item.address.kind == "ml_workspace")
        assert workspace.properties["storage"] is None
        assert "storage" in made("ml_workspace", **workspace.properties)

    def test_what_keeps_data_is_known(self):
        stateful = {child.name for child in kind("azure", "ml_workspace").children if child.stateful}
        assert stateful == {"workspace", "storage", "vault"}


class TestComponents:
    def test_machine_learning_is_a_workspace_with_machines_of_the_size_that_the_stack_says(self):
        compute = {
            "backend": "azureml",
            "size": "Standard_NC6s_v3",
            "min_nodes": 1,
            "max_nodes": 8,
            "preemptible": True,
        }
        compiled = expanded({**HERE, "compute": compute, "network": {}, "identity": {}})
        found = {str(address): spec for address, spec in compiled.graph.specs.items()}
        machines = found["azure.ml_compute.compute"]
        said = ("machine_type", "min_nodes", "max_nodes", "preemptible", "public_ips")
        assert [machines.properties[name] for name in said] == ["Standard_NC6s_v3", 1, 8, True, False]
        assert machines.properties["workspace"] == Reference("azure.ml_workspace.compute", "name")
        assert machines.properties["subnet"] == Reference("azure.network.network", "subnet")
        assert machines.properties["identity"] == Reference("azure.identity.identity", "id")

    def test_an_accelerator_is_a_size_of_machine(self):
        spec = {**HERE, "compute": {"backend": "aks", "gpu": "nvidia-tesla-t4", "gpu_count": 4}}
        (pool,) = (item for item in expanded(spec).graph.specs.values() if item.address.kind == "node_pool")
        assert pool.properties["machine_type"] == "Standard_NC64as_T4_v3"

    def test_aks_is_a_cluster_with_machines(self):
        compute = {"backend": "aks", "size": "Standard_D8s_v5", "max_nodes": 6}
        compiled = expanded({**HERE, "compute": compute, "network": {}, "registry": {"sku": "Basic"}})
        found = {str(address): spec for address, spec in compiled.graph.specs.items()}
        cluster, pool = found["azure.cluster.compute"], found["azure.node_pool.compute"]
        assert (pool.properties["machine_type"], pool.properties["max_nodes"]) == ("Standard_D8s_v5", 6)
        assert pool.properties["cluster"] == Reference("azure.cluster.compute", "name")
        assert cluster.properties["subnet"] == Reference("azure.network.network", "subnet")
        assert made("cluster", **cluster.properties) == {"cluster", "identity", "network_access", "registry_access"}

    def test_the_addresses_of_services_are_no_part_of_the_network(self):
        from ipaddress import IPv4Network

        network, cluster = (kind("azure", name) for name in ("network", "cluster"))
        taken = [IPv4Network(str(network.property(name).default)) for name in ("cidr", "subnet_cidr")]  # type: ignore[union-attr]
        services = IPv4Network(str(cluster.property("service_cidr").default))  # type: ignore[union-attr]
        assert not any(services.overlaps(item) for item in taken)

    def test_a_database_is_put_into_the_network_of_its_stack(self):
        spec = {**HERE, "network": {"internet": False}, "storage": {"metadata_store": {"backup_days": 30}}}
        database = bucket(expanded(spec), "metadata_store")
        assert database["subnet"] == Reference("azure.network.network", "database_subnet")
        assert made("database", **database) == {"server", "database", "zone", "link"}

    def test_a_database_cannot_be_in_a_subnet_and_on_the_internet(self):
        store = {"public_access": True, "allowed_addresses": ["192.0.2.7"]}
        with pytest.raises(DefinitionError) as caught:
            expanded({**HERE, "network": {}, "storage": {"metadata_store": store}})
        (found,) = caught.value.diagnostics
        assert found.hint == 'write subnet: "" if that is meant'
        outside = bucket(
            expanded({**HERE, "network": {}, "storage": {"metadata_store": {**store, "subnet": ""}}}), "metadata_store"
        )
        assert made("database", **outside) == {"server", "database", "firewall"}

    def test_who_reaches_a_database_is_told_when_it_is_everybody(self):
        for item in ("0.0.0.0", "0.0.0.0-255.255.255.255", "10.0.0.0-10.9.0.0"):
            assert item in str(weaker("database", "allowed_addresses", [item]))
        assert weaker("database", "allowed_addresses", ["192.0.2.7", "192.0.2.8-192.0.2.99"]) is None

    def test_a_network_without_a_way_out_has_no_address(self):
        inside = {"network", "firewall", "subnet", "database_subnet"}
        assert made("network", internet=False) == inside
        assert made("network", internet=True) == inside | {"address", "nat"}

    def test_machines_without_what_they_belong_to_are_told_to_name_it(self):
        assert problem(kind="node_pool") == "cluster is missing"
        assert problem(kind="ml_compute") == "workspace is missing"

    @pytest.mark.parametrize(
        "name", ["resource_group", "storage", "registry", "database", "cluster", "ml_workspace", "vault"]
    )
    def test_what_counts_is_locked_where_the_environment_is_protected(self, name):
        config = "project: {name: shop}\nenvironments: {production: {protect: true}}"
        spec = {**HERE, "resources": {"data": {"kind": name}}}
        protected = bucket(expanded(spec, config=config, environment="production"))
        assert "lock" in made(name, **protected)
        assert "lock" not in made(name, **bucket(expanded(spec)))

    def test_the_value_of_a_secret_is_one(self):
        environ = {"TOKEN_SECRET": "s3"}
        spec = {**HERE, "resources": {"data": {"kind": "secret", "vault": "v", "value": "${TOKEN_SECRET}"}}}
        assert kind("azure", "secret").property("value").sensitive  # type: ignore[union-attr]
        assert bucket(expanded(spec, environ=environ))["value"] is not None
        assert "25000 are allowed" in problem(kind="secret", vault="v", value="x" * 25_001)

    def test_the_stack_class_makes_what_it_is_not_given(self):
        stack = AzureStack("prod", subscription_id="s-1", resource_group="ml")
        config = ProjectConfig.from_bytes(b"project: {name: shop}", "/nowhere", environ={})
        compiled = expand(stack.to_definition(), "default", config=config)
        assert {address.kind for address in compiled.graph.specs} == {
            "database",
            "identity",
            "ml_compute",
            "ml_workspace",
            "network",
            "registry",
            "storage",
        }
        assert (compiled.gaps, compiled.warnings) == ((), ())
