"""What each rule says about a stack."""

import pytest

from flowyml_infra.address import Address
from flowyml_infra.errors import DefinitionError
from flowyml_infra.policy.available import available_rules
from flowyml_infra.policy.decision import Finding
from flowyml_infra.policy.loading import load_policies
from flowyml_infra.policy.rules.rule import ENTRY_KEYS
from flowyml_infra.policy.subject import PlannedChange
from tests.support.policies import change, digest, judge

IMAGE = "gcr.io/my-project/train:1"


def outcome(policies, **fields):
    return judge(policies, **fields).outcome


def messages(policies, **fields):
    return [(finding.rule, finding.severity, finding.message) for finding in judge(policies, **fields).findings]


def test_without_policies_everything_is_allowed():
    assert judge({}, image="anything at all").findings == ()
    assert outcome({}) == "allow"


class TestAllowedStacks:
    @pytest.mark.parametrize(
        ("stack", "pattern"),
        [("prod-gpu-large", "prod-gpu-*"), ("prod", "prod"), ("a1", "a?"), ("a1", "a[0-9]"), ("anything", "*")],
    )
    def test_a_name_that_matches_a_pattern_is_allowed(self, stack, pattern):
        assert outcome({"allowed_stacks": ["other", pattern]}, stack=stack) == "allow"

    @pytest.mark.parametrize(
        ("stack", "pattern"),
        [
            ("Prod-gpu-large", "prod-gpu-*"),
            ("my-prod-gpu-large", "prod-gpu-*"),
            ("prod-gpu", "prod-gpu-*"),
            ("prod\n", "prod"),
            ("рrod-gpu-large", "prod-gpu-*"),  # noqa: RUF001 -- begins with a Cyrillic letter
            ("prod‐gpu-large", "prod-gpu-*"),  # noqa: RUF001 -- another hyphen
            ("ﬁne", "fine"),
            ("e\u0301te", "éte"),
        ],
    )
    def test_a_name_that_does_not_is_denied(self, stack, pattern):
        assert outcome({"allowed_stacks": [pattern]}, stack=stack) == "deny"

    def test_the_message_names_the_stack_and_what_would_be_accepted(self):
        [(rule, severity, message)] = messages({"allowed_stacks": ["staging-*", "prod"]}, stack="dev")
        assert (rule, severity) == ("allowed_stacks", "deny")
        assert "'dev'" in message
        assert "staging-*, prod" in message

    def test_a_look_alike_is_shown_for_what_it_is(self):
        [(_, _, message)] = messages({"allowed_stacks": ["prod"]}, stack="рrod")  # noqa: RUF001
        assert r"'\u0440rod'" in message

    def test_an_empty_list_allows_no_stack(self):
        assert outcome({"allowed_stacks": []}) == "deny"

    def test_the_built_in_stack_is_let_through_with_a_note(self):
        decision = judge({"allowed_stacks": ["prod-*"]}, stack="local", builtin=True)
        assert decision.outcome == "allow"
        assert [finding.severity for finding in decision.findings] == ["info"]

    def test_a_declared_stack_of_that_name_is_not(self):
        assert outcome({"allowed_stacks": ["prod-*"]}, stack="local") == "deny"


class TestRequiredLabels:
    def test_labels_with_values_are_allowed(self):
        assert outcome({"required_labels": ["team", "approved"]}, labels={"team": "a", "approved": "false"}) == "allow"

    def test_each_label_that_lacks_is_named(self):
        found = messages({"required_labels": ["team", "approved", "owner"]}, labels={"team": "a", "approved": " "})
        assert [(rule, severity) for rule, severity, _ in found] == [("required_labels", "deny")] * 2
        assert "'approved' is empty" in found[0][2]
        assert "'owner' is missing" in found[1][2]

    def test_names_are_compared_exactly(self):
        assert outcome({"required_labels": ["team"]}, labels={"Team": "a"}) == "deny"
        assert outcome({"required_labels": ["team"]}, labels={"tеam": "a"}) == "deny"  # noqa: RUF001

    @pytest.mark.parametrize("state", [{"builtin": True}, {"destroys": True}])
    def test_what_cannot_carry_labels_needs_none(self, state):
        assert outcome({"required_labels": ["team"]}, **state) == "allow"


REGISTRIES = {"image_policy": {"allowed_registries": ["myregistry.azurecr.io", "gcr.io/my-project"]}}
IMAGE_LABELS = {"image_policy": {"required_labels": ["maintainer", "version"]}}


class TestAllowedRegistries:
    def test_an_image_from_an_allowed_registry_is_allowed(self):
        assert outcome(REGISTRIES, image=IMAGE) == "allow"
        assert outcome(REGISTRIES, image="myregistry.azurecr.io/flowyml:latest") == "allow"

    def test_an_image_from_elsewhere_is_denied_with_where_it_is_from_and_what_is_accepted(self):
        [(rule, severity, message)] = messages(REGISTRIES, image="python:3.11")
        assert (rule, severity) == ("image_policy.allowed_registries", "deny")
        assert "docker.io/library/python" in message
        assert "myregistry.azurecr.io, gcr.io/my-project" in message

    def test_an_image_that_cannot_be_read_is_denied(self):
        assert outcome(REGISTRIES, image="https://gcr.io/my-project/x") == "deny"

    def test_an_empty_list_allows_no_image(self):
        assert outcome({"image_policy": {"allowed_registries": []}}, image=IMAGE) == "deny"

    def test_without_an_image_it_only_says_so(self):
        assert [severity for _, severity, _ in messages(REGISTRIES)] == ["info"]

    def test_an_entry_that_is_no_registry_is_an_error(self):
        with pytest.raises(DefinitionError, match=r"image_policy.allowed_registries.0 holds '\*'"):
            load_policies({"image_policy": {"allowed_registries": ["*", "gcr.io/my-project"]}})

    def test_a_destroyed_stack_runs_no_image(self):
        assert outcome(REGISTRIES, image="evil.io/x", destroys=True) == "allow"


class TestImageLabels:
    def test_labels_that_were_not_collected_leave_it_pending(self):
        [(rule, severity, message)] = messages(IMAGE_LABELS, image=IMAGE)
        assert (rule, severity) == ("image_policy.required_labels", "pending")
        assert IMAGE in message
        assert "maintainer, version" in message
        assert outcome(IMAGE_LABELS, image=IMAGE) == "pending"

    def test_an_image_without_labels_is_denied_label_by_label(self):
        found = messages(IMAGE_LABELS, image=IMAGE, image_labels={"version": ""})
        assert [severity for _, severity, _ in found] == ["deny", "deny"]
        assert "'maintainer' is missing" in found[0][2]
        assert "'version' is empty" in found[1][2]

    def test_an_image_with_them_is_allowed(self):
        assert outcome(IMAGE_LABELS, image=IMAGE, image_labels={"maintainer": "a", "version": "1"}) == "allow"

    def test_without_an_image_it_only_says_so(self):
        assert [severity for _, severity, _ in messages(IMAGE_LABELS)] == ["info"]

    def test_a_destroyed_stack_needs_no_facts(self):
        assert outcome(IMAGE_LABELS, image=IMAGE, destroys=True) == "allow"


class TestMistakes:
    @pytest.mark.parametrize(
        ("policies", "named"),
        [
            ({"alowed_stacks": ["*"]}, "alowed_stacks"),
            ({"image_policy": {"allowed_registry": ["gcr.io"]}}, "image_policy.allowed_registry"),
            ({"image_policy": None}, "image_policy"),
            ({"image_policy": ["gcr.io"]}, "image_policy"),
            ({"rules": {"alowed_regions": ["eu"]}}, "rules.alowed_regions"),
            ({"rules": 7}, "rules"),
            ({"budgets": {"public_access": {}}}, "budgets.public_access"),
            ({"image_policy.allowed_registries": ["evil.io"]}, "image_policy.allowed_registries"),
        ],
    )
    def test_a_rule_that_is_not_known_is_an_error_by_name(self, policies, named):
        with pytest.raises(DefinitionError) as caught:
            load_policies(policies)
        [problem] = caught.value.diagnostics
        assert problem.summary.startswith(f"{named} ")
        assert (problem.severity, problem.code) == ("error", "policy.invalid")

    @pytest.mark.parametrize(
        ("policies", "meant"),
        [
            ({"alowed_stacks": ["*"]}, "allowed_stacks"),
            ({"rules": {"publik_access": {}}}, "public_access"),
            ({"rules": {"x": {"rule": "publik_access"}}}, "public_access"),
            ({"rules": {"sizes": {"max_node": 3, "max_disk_gib": 1}}}, "max_nodes"),
            ({"rules": {"public_access": {"severity": "denied"}}}, "deny"),
            ({"rules": {"public_access": {"scope": {"enviroments": ["x"]}}}}, "environments"),
            ({"budgets": {"monthly_costs": 1}}, "monthly_cost"),
        ],
    )
    def test_a_mistyped_name_is_hinted_at(self, policies, meant):
        with pytest.raises(DefinitionError) as caught:
            load_policies(policies)
        assert [item.hint for item in caught.value.diagnostics] == [f"did you mean '{meant}'?"]

    @pytest.mark.parametrize("setting", [None, "prod-*", {"prod": 1}, True, [1], [""], [["prod"]], [None]])
    @pytest.mark.parametrize(
        "path", ["allowed_stacks", "required_labels", "image_policy.allowed_registries", "image_policy.required_labels"]
    )
    def test_a_setting_that_cannot_be_read_is_an_error(self, path, setting):
        section, dot, key = path.partition(".")
        policies = {section: {key: setting}} if dot else {path: setting}
        with pytest.raises(DefinitionError) as caught:
            load_policies(policies)
        assert all(item.summary.startswith(path) for item in caught.value.diagnostics)

    def test_all_mistakes_are_told_at_once(self):
        with pytest.raises(DefinitionError) as caught:
            load_policies({"x": 1, "allowed_stacks": 7, "rules": {"y": {}, "sizes": {}}, "budgets": {"gpus": "many"}})
        assert len(caught.value.diagnostics) == 5


def test_every_rule_speaks_for_itself():
    policies = {
        "image_policy": {"required_labels": ["version"], "allowed_registries": ["gcr.io"]},
        "required_labels": ["team"],
        "allowed_stacks": ["prod"],
    }
    decision = judge(policies, stack="dev", image="python")
    assert {finding.rule for finding in decision.findings} == {
        "allowed_stacks",
        "required_labels",
        "image_policy.allowed_registries",
        "image_policy.required_labels",
    }
    assert decision.outcome == "deny"
    assert decision.policy_digest == digest(policies)


def test_the_digest_follows_the_settings_and_not_their_order():
    one = {"allowed_stacks": ["a", "b"], "required_labels": ["x"]}
    assert digest(one) == digest(dict(reversed(one.items())))
    assert digest(one) != digest({**one, "allowed_stacks": ["b", "a"]})
    assert digest({}) != digest({"allowed_stacks": []})


def test_a_planned_change_knows_its_kind():
    assert PlannedChange(Address("local.directory.data"), "create", {}).kind == "local.directory"


def test_a_finding_prints_as_contracted():
    assert Finding("r", "deny", "m", Address("a.b.c"), hint="h").to_json() == {
        "rule": "r",
        "severity": "deny",
        "address": "a.b.c",
        "message": "m",
        "waived_by": None,
        "hint": "h",
        "deferred": False,
    }


def test_what_is_less_safe_than_the_default_is_said_and_allowed():
    decision = judge({}, change("aws.bucket.data", versioning=False, public_access=True))
    assert decision.outcome == "allow"
    assert [(finding.rule, finding.severity, finding.message) for finding in decision.findings] == [
        ("secure_defaults", "warn", "versioning is off, so what is overwritten or deleted is lost"),
        ("secure_defaults", "warn", "public_access is on, so objects can be made public"),
    ]


def test_what_is_as_safe_as_the_default_needs_no_word():
    assert judge({}, change("aws.bucket.data", versioning=True, public_access=False)).findings == ()


def test_a_stack_that_is_not_allowed_any_more_can_be_removed():
    decision = judge({"allowed_stacks": ["new-*"]}, stack="old", destroys=True)
    assert decision.outcome == "allow"
    assert [finding.severity for finding in decision.findings] == ["info"]


def test_no_rule_has_a_key_that_every_entry_has():
    """A setting called ``scope`` would be taken for where the rule is asked, and the rule would do without it."""
    for found in available_rules():
        assert not set(found.keys) & set(ENTRY_KEYS), found.name
