"""What each rule says about a stack."""

import pytest

from flowyml_infra.address import Address
from flowyml_infra.policy.decision import Finding
from flowyml_infra.policy.engine import evaluate, policy_digest
from flowyml_infra.policy.rules.catalogue import RULES
from flowyml_infra.policy.subject import PlannedChange, PolicySubject

IMAGE = "gcr.io/my-project/train:1"


def outcome(policies, **subject):
    return evaluate(PolicySubject(**{"stack": "prod-gpu-large", **subject}), policies).outcome


def messages(policies, **subject):
    decision = evaluate(PolicySubject(**{"stack": "prod-gpu-large", **subject}), policies)
    return [(finding.rule, finding.severity, finding.message) for finding in decision.findings]


def test_without_policies_everything_is_allowed():
    assert evaluate(PolicySubject("x", image="anything at all"), {}).findings == ()
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
        decision = evaluate(PolicySubject("local", builtin=True), {"allowed_stacks": ["prod-*"]})
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

    def test_an_entry_that_is_no_registry_denies(self):
        policies = {"image_policy": {"allowed_registries": ["*", "gcr.io/my-project"]}}
        assert outcome(policies, image=IMAGE) == "deny"

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


class TestFailingClosed:
    @pytest.mark.parametrize(
        ("policies", "rule"),
        [
            ({"alowed_stacks": ["*"]}, "alowed_stacks"),
            ({"image_policy": {"allowed_registry": ["gcr.io"]}}, "image_policy.allowed_registry"),
            ({"image_policy": None}, "image_policy"),
            ({"image_policy": ["gcr.io"]}, "image_policy"),
            ({"rules": []}, "rules"),
            ({"": []}, ""),
        ],
    )
    def test_a_rule_that_is_not_known_denies_by_name(self, policies, rule):
        [(named, severity, _)] = messages({**policies})
        assert (named, severity) == (rule, "deny")

    def test_a_mistyped_rule_is_hinted_at(self):
        [(_, _, message)] = messages({"alowed_stacks": ["*"]})
        assert "did you mean 'allowed_stacks'?" in message

    @pytest.mark.parametrize("setting", [None, "prod-*", {"prod": 1}, True, [1], [""], [["prod"]], [None]])
    @pytest.mark.parametrize("rule", list(RULES))
    def test_a_setting_that_cannot_be_read_denies(self, rule, setting):
        section, dot, key = rule.partition(".")
        policies = {section: {key: setting}} if dot else {rule: setting}
        [(named, severity, _)] = messages(policies, image=IMAGE, image_labels={}, builtin=True)
        assert (named, severity) == (rule, "deny")

    def test_a_dotted_key_cannot_stand_in_for_a_section(self):
        policies = {
            "image_policy": {"allowed_registries": ["gcr.io/my-project"]},
            "image_policy.allowed_registries": ["evil.io"],
        }
        assert outcome(policies, image="evil.io/x") == "deny"


def test_every_rule_speaks_for_itself():
    policies = {
        "image_policy": {"required_labels": ["version"], "allowed_registries": ["gcr.io"]},
        "required_labels": ["team"],
        "allowed_stacks": ["prod"],
    }
    decision = evaluate(PolicySubject("dev", image="python"), policies)
    assert [finding.rule for finding in decision.findings] == list(RULES)
    assert decision.outcome == "deny"
    assert decision.policy_digest == policy_digest(policies)


def test_the_digest_follows_the_settings_and_not_their_order():
    one = {"allowed_stacks": ["a", "b"], "required_labels": ["x"]}
    assert policy_digest(one) == policy_digest(dict(reversed(one.items())))
    assert policy_digest(one) != policy_digest({**one, "allowed_stacks": ["b", "a"]})
    assert policy_digest({}) != policy_digest({"allowed_stacks": []})


def test_a_planned_change_knows_its_kind():
    assert PlannedChange(Address("local.directory.data"), "create", {}).kind == "local.directory"


def test_a_finding_prints_as_contracted():
    assert Finding("r", "deny", "m", Address("a.b.c")).to_json() == {
        "rule": "r",
        "severity": "deny",
        "address": "a.b.c",
        "message": "m",
        "waived_by": None,
    }


def test_what_is_less_safe_than_the_default_is_said_and_allowed():
    change = PlannedChange(Address("aws.bucket.data"), "create", {"versioning": False, "public_access": True})
    decision = evaluate(PolicySubject("prod", changes=(change,)), {})
    assert decision.outcome == "allow"
    assert [(finding.rule, finding.severity, finding.message) for finding in decision.findings] == [
        ("secure_defaults", "warn", "versioning is off, so what is overwritten or deleted is lost"),
        ("secure_defaults", "warn", "public_access is on, so objects can be made public"),
    ]


def test_what_is_as_safe_as_the_default_needs_no_word():
    change = PlannedChange(Address("aws.bucket.data"), "create", {"versioning": True, "public_access": False})
    assert evaluate(PolicySubject("prod", changes=(change,)), {}).findings == ()


def test_a_stack_that_is_not_allowed_any_more_can_be_removed():
    decision = evaluate(PolicySubject("old", destroys=True), {"allowed_stacks": ["new-*"]})
    assert decision.outcome == "allow"
    assert [finding.severity for finding in decision.findings] == ["info"]
