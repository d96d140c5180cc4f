"""What each built-in rule lets through, refuses, and cannot decide."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from flowyml_infra.errors import DefinitionError
from flowyml_infra.policy.available import available_rules
from flowyml_infra.policy.facts import Base, ImageFacts, Scan, Weakness
from flowyml_infra.policy.loading import load_policies
from flowyml_infra.policy.rules.catalogue import BUDGETS, NAMES, SHORT, builtin_rule
from flowyml_infra.resources.values import Secret, Unknown
from tests.support.policies import NOW, change, judge, rule, told

BUCKET, DATABASE, NODES, CLUSTER = "aws.bucket.data", "aws.database.meta", "aws.node_group.gpu", "aws.cluster.main"
IMAGE = "gcr.io/p/train:1.2"
DIGEST = "@sha256:" + "a" * 64
KEY = "arn:aws:kms:eu-west-1:1:key/1"

ALLOWED = [
    ("allowed_regions", ["eu-*"], change(BUCKET, region="eu-west-1")),
    ("allowed_regions", ["eu-*"], change("local.directory.a", path="a")),
    ("allowed_regions", ["eu-*"], change("gcp.secret.s", regions=["eu-a", "eu-b"])),
    ("allowed_regions", ["eu-*"], change(BUCKET, "delete", before={"region": "us-east-1"})),
    ("allowed_kinds", ["aws.*"], change(BUCKET)),
    ("allowed_kinds", {"deny": ["aws.database"]}, change(BUCKET)),
    ("sizes", {"machine_types": ["m5.*"]}, change(NODES, machine_type="m5.large")),
    ("sizes", {"max_nodes": 3}, change(NODES, max_nodes=3)),
    ("sizes", {"max_disk_gib": 100}, change(DATABASE, storage=100)),
    ("sizes", {"machine_types": ["db.*"]}, change(DATABASE, size="db.t4g.medium")),
    ("sizes", {"max_disk_gib": 50}, change("kubernetes.volume.v", size=50)),
    ("encryption", {}, change(DATABASE, encrypted=True)),
    ("encryption", {"customer_keys": True}, change(BUCKET, kms_key=KEY)),
    ("encryption", {"customer_keys": True}, change(BUCKET, kms_key=Unknown())),
    ("public_access", {}, change(BUCKET, public_access=False)),
    ("public_access", {"except_kinds": ["aws.bucket"]}, change(BUCKET, public_access=True)),
    ("network_exposure", {}, change("aws.network.n", internet=True)),
    ("network_exposure", {"closed": ["out"]}, change("aws.network.n", internet=False)),
    ("network_exposure", {}, change("azure.database.d", allowed_addresses=["203.0.113.7"])),
    ("stateful_changes", {}, change(BUCKET, "update")),
    ("stateful_changes", {}, change(NODES, "delete")),
    ("stateful_changes", ["replace"], change(BUCKET, "delete")),
    ("retention", {"minimum": {"backup_days": 7}}, change(DATABASE, backup_days=7)),
    ("retention", {"minimum": {"expire_after_days": 30}}, change(BUCKET, expire_after_days=None)),
    ("retention", {"maximum": {"log_days": 30}}, change("azure.ml_workspace.w", log_days=30)),
    ("retention", {"versioning": True}, change(BUCKET, versioning=True)),
    ("gpus", 4, change(NODES, machine_type="p3.2xlarge", max_nodes=4)),
    ("gpus", 0, change(NODES, machine_type="m5.large", max_nodes=100)),
    ("gpus", 2, change("kubernetes.quota.q", gpu=2)),
]
REFUSED = [
    ("allowed_regions", ["eu-*"], change(BUCKET, region="us-east-1"), "region is 'us-east-1'; accepted: eu-*"),
    ("allowed_regions", ["eu-*"], change(BUCKET, region="EU-west-1"), "region is 'EU-west-1'"),
    ("allowed_regions", ["eu-*"], change(BUCKET, region=None), "region is None"),
    ("allowed_regions", ["eu-*"], change(BUCKET, "noop", region="us-east-1"), "region is 'us-east-1'"),
    ("allowed_regions", ["eu-*"], change("gcp.secret.s", regions=["eu-a", "us-b"]), "regions is 'us-b'"),
    ("allowed_regions", ["eu-*"], change("gcp.secret.s", regions=[]), "lets the provider choose"),
    ("allowed_kinds", ["gcp.*"], change(BUCKET), "kind aws.bucket is not among the allowed ones: gcp.*"),
    ("allowed_kinds", {"deny": ["*.bucket"]}, change(BUCKET), "kind aws.bucket is not allowed"),
    ("sizes", {"machine_types": ["m5.*"]}, change(NODES, machine_type="p3.16xlarge"), "'p3.16xlarge' is not allowed"),
    ("sizes", {"denied_machine_types": ["p*"]}, change(NODES, machine_type="p3.2xlarge"), "'p3.2xlarge'"),
    ("sizes", {"max_nodes": 3}, change(NODES, max_nodes=4), "max_nodes is 4 nodes; at most 3 nodes"),
    ("sizes", {"max_nodes": 3}, change("azure.cluster.c", system_nodes=4), "system_nodes is 4"),
    ("sizes", {"max_disk_gib": 100}, change(DATABASE, storage=101), "storage is 101 GiB; at most 100 GiB"),
    ("sizes", {"max_disk_gib": 50}, change("kubernetes.volume.v", size=51), "size is 51 GiB"),
    ("sizes", {"machine_types": ["db.t*"]}, change(DATABASE, size="db.r6g.large"), "size 'db.r6g.large'"),
    ("encryption", {}, change(DATABASE, encrypted=False), "encrypted is off"),
    ("encryption", {"customer_keys": True}, change(BUCKET, kms_key=None), "kms_key is not set"),
    ("encryption", {"customer_keys": True}, change("azure.cluster.c"), "disk_encryption_set is not set"),
    ("public_access", {}, change(BUCKET, public_access=True), "public_access is on"),
    ("public_access", {}, change("azure.registry.r", anonymous_pull=True), "anonymous_pull is on"),
    ("public_access", {}, change(BUCKET, "import", public_access=True), "public_access is on"),
    ("public_access", {}, change(BUCKET, public_access=Secret("true")), "public_access is a secret"),
    ("network_exposure", {}, change("azure.ml_compute.c", public_ips=True), "public_ips is on"),
    ("network_exposure", {}, change("azure.storage.s", public_network=True), "public_network is on"),
    ("network_exposure", ["out"], change("aws.network.n", internet=True), "internet is on"),
    ("network_exposure", ["out"], change("azure.ml_workspace.w", outbound="internet"), "outbound is internet"),
    ("network_exposure", {}, change("azure.database.d", allowed_addresses=["0.0.0.0-255.255.255.255"]), "lets in 0.0"),
    ("network_exposure", {}, change("azure.database.d", allowed_addresses=["0.0.0.0/0"]), "lets in 0.0.0.0/0"),
    ("stateful_changes", {}, change(BUCKET, "delete"), "it keeps data and would be deleted"),
    ("stateful_changes", {}, change(DATABASE, "replace"), "it keeps data and would be replaced"),
    ("stateful_changes", ["forget"], change(DATABASE, "forget"), "would be forgotten"),
    ("retention", {"minimum": {"backup_days": 14}}, change(DATABASE, backup_days=7), "backup_days is 7; at least 14"),
    ("retention", {"minimum": {"backup_days": 14}}, change(DATABASE, backup_days=None), "backup_days is not set"),
    ("retention", {"maximum": {"expire_after_days": 365}}, change(BUCKET), "expire_after_days is not set; 365"),
    ("retention", {"maximum": {"log_days": 30}}, change("azure.ml_workspace.w", log_days=90), "log_days is 90"),
    ("retention", {"versioning": True}, change(BUCKET, versioning=False), "versioning is off"),
    ("gpus", 3, change(NODES, machine_type="p3.2xlarge", max_nodes=4), "4 accelerators at once, and 3 are allowed"),
    ("gpus", 1, change("gcp.node_pool.p", gpu="nvidia-tesla-t4", gpu_count=1, max_nodes=2), "2 accelerators"),
    ("gpus", 1, change("kubernetes.quota.q", gpu=2), "2 accelerators"),
]
OPEN = [
    ("allowed_regions", ["eu-*"], change(BUCKET, region=Unknown())),
    ("sizes", {"machine_types": ["m5.*"]}, change(NODES, machine_type=Unknown())),
    ("sizes", {"max_nodes": 3}, change(NODES, max_nodes=Unknown("integer"))),
    ("encryption", {}, change(DATABASE, encrypted=Unknown("boolean"))),
    ("public_access", {}, change(BUCKET, public_access=Unknown("boolean"))),
    ("network_exposure", {}, change("azure.database.d", allowed_addresses=[Unknown()])),
    ("retention", {"minimum": {"backup_days": 7}}, change(DATABASE, backup_days=Unknown("integer"))),
    ("gpus", 3, change(NODES, machine_type=Unknown())),
]


def named(value: object) -> str | None:
    return value if isinstance(value, str) else str(getattr(value, "address", "")) or None


@pytest.mark.parametrize(("name", "setting", "planned"), ALLOWED, ids=named)
def test_a_rule_lets_through(name, setting, planned):
    assert told(rule(name, setting), planned) == []


@pytest.mark.parametrize(("name", "setting", "planned", "message"), REFUSED, ids=named)
def test_a_rule_refuses_with_address_value_and_a_hint(name, setting, planned, message):
    [finding] = told(rule(name, setting), planned)
    assert (finding.rule, finding.severity) == (name, "deny")
    assert message in finding.message
    assert finding.hint
    assert finding.address == (None if name == "gpus" else planned.address)


@pytest.mark.parametrize(("name", "setting", "planned"), OPEN, ids=named)
def test_what_only_the_apply_can_tell_is_pending_and_deferred(name, setting, planned):
    [finding] = told(rule(name, setting), planned)
    assert (finding.severity, finding.deferred, finding.address) == ("pending", True, planned.address)
    decision = judge(rule(name, setting), planned)
    assert (decision.outcome, decision.refusals) == ("pending", ())


def test_every_built_in_rule_is_tried_here_or_below():
    elsewhere = {
        *("allowed_stacks", "required_labels", "existing_components", "image_registries", "image_labels"),
        *("image_pinning", "base_images", "image_scans", "who_may_apply", "change_windows", "monthly_cost"),
        "unreviewed_drift",
    }
    assert {name for name, *_ in (*ALLOWED, *REFUSED)} | elsewhere == set(NAMES)


def test_every_rule_says_what_it_refuses_and_which_keys_it_takes():
    found = {item.name: item for item in available_rules()}
    assert [name for name in found if name != "rego"] == list(NAMES)
    assert all(item.summary and not item.summary.endswith(".") for item in found.values())
    assert found["sizes"].keys == ("machine_types", "denied_machine_types", "max_nodes", "max_disk_gib")
    assert set(BUDGETS) | set(SHORT.values()) <= set(NAMES)
    assert builtin_rule("rego") is None


VALUES = {"required_labels": {"team": ["ml", "data-*"], "approved": "true"}}


class TestLabels:
    def test_accepted_values_are_globs(self):
        assert told(VALUES, labels={"team": "data-core", "approved": "true"}) == []

    def test_another_value_is_refused_with_those_accepted(self):
        [finding] = told(VALUES, labels={"team": "web", "approved": "true"})
        assert finding.message == "label 'team' is 'web'; accepted: ml, data-*"

    def test_a_look_alike_is_another_value(self):
        [finding] = told(VALUES, labels={"team": "ml", "approved": "truе"})  # noqa: RUF001
        assert r"tru\u0435" in finding.message

    def test_a_label_that_accepts_nothing_is_a_mistake(self):
        with pytest.raises(DefinitionError, match="accepts no value at all"):
            load_policies({"required_labels": {"team": []}})


class TestExistingThings:
    POLICY = rule("existing_components", ["s3://acme-*", "*.dkr.ecr.eu-west-1.amazonaws.com/*"])

    def test_trusted_ones_pass(self):
        assert told(self.POLICY, existing={"artifact_store": "s3://acme-data"}) == []

    def test_others_are_refused_by_component_and_place(self):
        [finding] = told(self.POLICY, existing={"artifact_store": "s3://evil"})
        assert "the existing artifact_store is 's3://evil'" in finding.message

    def test_one_that_cannot_be_told_refuses_an_apply(self):
        [finding] = told(self.POLICY, existing={"artifact_store": Unknown()})
        assert (finding.severity, finding.deferred) == ("pending", False)


class TestImages:
    def test_images_of_resources_come_from_allowed_registries_too(self):
        policy = {"image_policy": {"allowed_registries": ["gcr.io/p"]}}
        [finding] = told(policy, change("kubernetes.mlflow.m", image="ghcr.io/mlflow/mlflow:v3"), image=IMAGE)
        assert finding.address == "kubernetes.mlflow.m"
        assert "ghcr.io/mlflow/mlflow" in finding.message

    def test_a_registry_that_is_bound_is_an_allowed_one(self):
        policy = {"image_policy": {"allowed_registries": ["gcr.io/p"]}}
        assert told(policy, image=IMAGE, existing={"container_registry": "gcr.io/p/x"}) == []
        assert judge(policy, image=IMAGE, existing={"container_registry": "evil.io"}).outcome == "deny"

    @pytest.mark.parametrize(
        ("by", "image", "outcome"),
        [
            ("digest", IMAGE, "deny"),
            ("digest", IMAGE + DIGEST, "allow"),
            ("tag", IMAGE, "allow"),
            ("tag", "gcr.io/p/train" + DIGEST, "allow"),
            ("tag", "gcr.io/p/train", "deny"),
            ("tag", "gcr.io/p/train:latest", "deny"),
            ("tag", "gcr.io/p/train:Latest", "deny"),
            ("tag", "gcr.io/p/train:", "deny"),
        ],
    )
    def test_images_are_pinned(self, by, image, outcome):
        assert judge({"image_policy": {"pinned_by": by}}, image=image).outcome == outcome

    @pytest.mark.parametrize(
        ("base", "outcome"),
        [
            (None, "pending"),
            (Base(), "deny"),
            (Base("python:3.12-slim", None, NOW - timedelta(days=1)), "allow"),
            (Base("docker.io/library/python:3.12", None, NOW - timedelta(days=1)), "allow"),
            (Base("python:3.12", None, NOW - timedelta(days=31)), "deny"),
            (Base("python:3.12", None, NOW + timedelta(days=3)), "deny"),
            (Base("python:3.12", None, None), "pending"),
            (Base("evil.io/library/python:3.12", None, NOW), "deny"),
            (Base("https://python", None, NOW), "deny"),
        ],
    )
    def test_images_are_built_from_an_accepted_base_that_is_young(self, base, outcome):
        policy = {"image_policy": {"base_images": {"allowed": ["docker.io/library/python"], "max_age_days": 30}}}
        assert judge(policy, image=IMAGE, images={IMAGE: ImageFacts({}, base=base)}).outcome == outcome

    @pytest.mark.parametrize(
        ("severity", "outcome"),
        [("critical", "deny"), ("high", "deny"), ("medium", "allow"), ("low", "allow"), ("catastrophic", "deny")],
    )
    def test_nothing_above_a_severity_is_in_the_report(self, severity, outcome):
        policy = {"image_policy": {"scans": {"above": "medium", "reports": ["x.json"], "ignore": ["CVE-9"]}}}
        found = (Weakness("CVE-1", severity, "zlib"), Weakness("CVE-9", "critical", "ignored"))
        images = {IMAGE: ImageFacts({}, scan=Scan("x.json", "trivy", NOW, found))}
        assert judge(policy, image=IMAGE, images=images).outcome == outcome

    def test_without_a_report_an_image_waits(self):
        policy = {"image_policy": {"scans": {"above": "medium", "reports": ["x.json"]}}}
        [finding] = told(policy, image=IMAGE)
        assert (finding.severity, finding.deferred) == ("pending", False)


def test_labels_are_asked_of_the_image_of_steps_and_not_of_those_of_resources():
    server = change("kubernetes.mlflow.m", image="evil.io/mlflow:1")
    policy = {"image_policy": {"allowed_registries": ["gcr.io/acme"], "required_labels": ["owner"]}}
    found = told(policy, server, image="gcr.io/acme/x:1", image_labels={"owner": "ml"})
    assert [(item.rule, item.address) for item in found] == [("image_policy.allowed_registries", server.address)]


class TestWho:
    POLICY = rule("who_may_apply", ["github:*/acme/infra#*", "ada@*"])

    @pytest.mark.parametrize("actor", ["ada@laptop", "github:bot/acme/infra#7"])
    @pytest.mark.parametrize("purpose", ["apply", "destroy", "record"])
    def test_those_named_may(self, actor, purpose):
        assert judge(self.POLICY, actor=actor, purpose=purpose).outcome == "allow"

    @pytest.mark.parametrize("actor", ["eve@laptop", "github:bot/evil/infra#7", "аda@laptop", "ADA@laptop"])  # noqa: RUF001
    @pytest.mark.parametrize("purpose", ["apply", "destroy", "record"])
    def test_others_may_not(self, actor, purpose):
        assert judge(self.POLICY, actor=actor, purpose=purpose).outcome == "deny"

    @pytest.mark.parametrize(
        ("actor", "account", "outcome"),
        [
            ("ada@laptop", "ada", "allow"),
            ("ada@laptop", "eve", "deny"),
            ("ada@laptop", None, "deny"),
            ("ada@laptop", "ADA", "deny"),
            ("github:bot/acme/infra#7", "github:bot/acme/infra#7", "deny"),
            ("github:bot/acme/infra#7", "runner", "deny"),
            ("github:x@y/acme/infra#7", "github:x", "deny"),
        ],
    )
    def test_a_name_that_only_variables_say_is_refused_where_it_has_to_be_verified(self, actor, account, outcome):
        policy = rule("who_may_apply", {"actors": ["*"], "verified": True})
        assert judge(policy, actor=actor, account=account).outcome == outcome
        assert judge(rule("who_may_apply", ["*"]), actor=actor, account=account).outcome == "allow"

    def test_somebody_unknown_may_not(self):
        assert judge(self.POLICY, actor=None).outcome == "pending"


class TestWindows:
    POLICY = rule(
        "change_windows",
        {
            "zone": "Europe/Berlin",
            "open": [
                {"days": ["mon", "tue", "wed"], "from": "09:00", "to": "17:00"},
                {"days": ["sat"], "from": "22:00", "to": "02:00"},
            ],
            "frozen": [{"days": ["wed"], "from": "12:00", "to": "13:00"}],
        },
    )

    @pytest.mark.parametrize(
        ("moment", "outcome"),
        [
            ("2026-03-04T08:00", "allow"),
            ("2026-03-04T07:59", "deny"),
            ("2026-03-04T16:00", "deny"),
            ("2026-03-04T11:00", "deny"),
            ("2026-03-04T12:00", "allow"),
            ("2026-03-05T10:00", "deny"),
            ("2026-03-07T21:30", "allow"),
            ("2026-03-08T00:30", "allow"),
            ("2026-03-08T01:30", "deny"),
            ("2026-03-09T00:30", "deny"),
            # The clocks have changed: 09:00 is an hour earlier by UTC.
            ("2026-03-30T07:00", "allow"),
        ],
    )
    def test_changes_are_made_in_a_window_and_at_no_other_time(self, moment, outcome):
        now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        assert judge(self.POLICY, change(BUCKET), now=now).outcome == outcome
        assert judge(self.POLICY, now=now, purpose="destroy").outcome == outcome

    def test_a_plan_that_changes_nothing_needs_no_window(self):
        now = datetime(2026, 3, 5, 3, tzinfo=UTC)
        assert judge(self.POLICY, change(BUCKET, "noop"), now=now).outcome == "allow"
        assert judge(self.POLICY, change(BUCKET, "delete"), now=now).outcome == "deny"

    def test_without_a_time_nothing_is_changed(self):
        assert judge(self.POLICY, change(BUCKET), now=None).outcome == "pending"

    @pytest.mark.parametrize(
        ("setting", "said"),
        [
            ({"open": [{"from": "9:00"}]}, "is '9:00', which is no time"),
            ({"open": [{"days": ["mo"]}]}, "is 'mo', which is not one of"),
            ({"open": [{"day": ["mon"]}]}, "open.0.day is not known here"),
            ({"open": [], "zone": "Europe/Atlantis"}, "is no time zone"),
            ({}, "says nothing"),
        ],
    )
    def test_a_mistake_is_told_with_its_place(self, setting, said):
        with pytest.raises(DefinitionError, match=said):
            load_policies(rule("change_windows", setting))


PRICES = {
    "currency": "EUR",
    "kinds": {
        "aws.bucket": 3,
        "aws.node_group": {"sizes": {"m5.large": 70, "p3.*": 2000}, "gib": 0.1},
        "aws.database": {"each": 50, "gib": 0.2},
    },
}


class TestCost:
    def budget(self, limit, **more):
        return {"budgets": {"monthly_cost": {"limit": limit, "currency": "EUR", **more}}, "prices": PRICES}

    def test_what_is_within_the_limit_passes_and_its_cost_is_told(self):
        nodes = change(NODES, machine_type="m5.large", max_nodes=2, disk_size=50)
        decision = judge(self.budget(200), change(BUCKET), nodes)
        assert decision.outcome == "allow"
        assert decision.cost == {"currency": "EUR", "monthly_before": 0, "monthly_after": 153, "unpriced": []}

    def test_what_is_beyond_is_refused_with_the_dearest_first(self):
        nodes = change(NODES, machine_type="p3.8xlarge", max_nodes=2, disk_size=0)
        [finding] = told(self.budget(200), change(BUCKET), nodes)
        assert "4,003.00 EUR a month at most, and 200.00 are allowed" in finding.message
        assert "aws.node_group.gpu 4,000.00, aws.bucket.data 3.00" in finding.message

    def test_what_was_there_counts_as_before(self):
        gone = change(BUCKET, "delete", before={"region": "eu-west-1"})
        cost = judge(self.budget(200), gone).cost
        assert cost == {"currency": "EUR", "monthly_before": 3, "monthly_after": 0, "unpriced": []}

    @pytest.mark.parametrize(("unpriced", "severity"), [("pending", "pending"), ("deny", "deny"), ("note", "info")])
    def test_what_has_no_price_is_never_passed_over_in_silence(self, unpriced, severity):
        decision = judge(self.budget(200, unpriced=unpriced), change("aws.key.k"))
        assert [(item.address, item.severity) for item in decision.findings] == [("aws.key.k", severity)]
        assert bool(decision.refusals) == (unpriced != "note")
        assert decision.cost is not None
        assert decision.cost["unpriced"] == ["aws.key.k"]

    def test_a_size_without_a_price_is_as_no_price(self):
        nodes = change(NODES, machine_type="x9.huge", max_nodes=0)
        assert judge(self.budget(200), nodes).outcome == "pending"

    def test_what_is_left_out_of_a_plan_counts_all_the_same(self):
        left = change(NODES, "noop", machine_type="p3.2xlarge", max_nodes=4)
        left = type(left)(left.address, left.action, left.after, chosen=False)
        assert judge(self.budget(200), change(BUCKET), left).outcome == "deny"
        assert judge({"budgets": {"gpus": 3}}, change(BUCKET), left).outcome == "deny"

    def test_a_limit_in_another_currency_is_refused(self):
        assert judge({**self.budget(200), "prices": {**PRICES, "currency": "USD"}}, change(BUCKET)).outcome == "deny"

    def test_a_limit_without_prices_is_refused(self):
        assert judge({"budgets": {"monthly_cost": 100}}, change(BUCKET)).outcome == "pending"
        assert judge({"budgets": {"monthly_cost": {"limit": 1, "currency": "EUR"}}}, change(BUCKET)).outcome == "deny"

    def test_this_machine_costs_nothing(self):
        assert judge(self.budget(0), change("local.directory.a", path="a")).outcome == "allow"

    @pytest.mark.parametrize(
        ("prices", "said"),
        [
            ({"currency": "EUR", "kinds": {"aws.buckets": 3}}, "prices.kinds.aws.buckets is no kind that there is"),
            ({"currency": "EUR", "kinds": {"aws.bucket": -3}}, "is -3, which is not a number"),
            ({"currency": "EUR", "kinds": {"aws.bucket": {"eech": 3}}}, "says nothing"),
            ({"kinds": {}}, "has no currency"),
        ],
    )
    def test_a_mistake_in_prices_is_told_with_its_place(self, prices, said):
        with pytest.raises(DefinitionError, match=said):
            load_policies({"prices": prices})

    @pytest.mark.parametrize(
        ("kind", "machine"),
        [
            ("aws.node_group", "p99.huge"),
            ("aws.batch_queue", "g4dn"),
            ("aws.node_group", "vt1.3xlarge"),
            ("gcp.node_pool", "a9-highgpu-8g"),
            ("gcp.node_pool", "ct5lp-hightpu-4t"),
            ("azure.node_pool", "standard_nd999_v9"),
        ],
    )
    def test_accelerators_that_cannot_be_counted_refuse_an_apply(self, kind, machine):
        [finding] = told({"budgets": {"gpus": 8}}, change(f"{kind}.n", machine_type=machine, max_nodes=1))
        assert (finding.severity, finding.deferred) == ("pending", False)
        assert machine in finding.message

    def test_the_machines_of_a_cluster_itself_count_too(self):
        cluster = change("azure.cluster.c", system_machine_type="Standard_NC24s_v3", system_nodes=2)
        [finding] = told({"budgets": {"gpus": 7}}, cluster)
        assert "8 accelerators at once" in finding.message
        prices = {"currency": "EUR", "kinds": {"azure.cluster": {"sizes": {"Standard_NC*": 100}}}}
        [finding] = told({"budgets": {"monthly_cost": 150}, "prices": prices}, cluster)
        assert "200.00 EUR a month" in finding.message
        [finding] = told({"budgets": {"gpus": 7}}, change("azure.cluster.c", system_nodes=Unknown("integer")))
        assert (finding.severity, finding.deferred) == ("pending", True)
