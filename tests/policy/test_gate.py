"""What the gate lets through, and what an approval is worth."""

import copy
import pickle
from dataclasses import replace

import pytest

from flowyml_infra.address import Address
from flowyml_infra.errors import PolicyDeniedError, StalePlanError
from flowyml_infra.plan.changes import Create, Delete, NoOp
from flowyml_infra.plan.digest import plan_digest
from flowyml_infra.plan.plan import Bindings, Plan, PlanOptions
from flowyml_infra.policy.facts import Facts, ImageFacts
from flowyml_infra.policy.gate import ApprovedPlan, checked_facts, require_allowed
from flowyml_infra.policy.subject import subject_of_plan
from flowyml_infra.resolution.builtin import BUILTIN_SOURCE
from flowyml_infra.resources.compiled import Compiled
from flowyml_infra.resources.graph import Graph
from flowyml_infra.resources.spec import ResourceSpec
from flowyml_infra.state.key import DeploymentKey
from flowyml_infra.state.row import ResourceRow, Status
from tests.support.policies import digest, gate

IMAGE = "gcr.io/my-project/train:1"
POLICIES = {"allowed_stacks": ["prod*"], "image_policy": {"allowed_registries": ["gcr.io/my-project"]}}
WITH_FACTS = {"image_policy": {"required_labels": ["version"]}}


def compiled(name="prod", image=None, labels=None, source="stacks/prod.yaml"):
    return Compiled(
        name=name,
        environment="default",
        version=None,
        labels=labels or {},
        provider="local",
        image=image,
        source=source,
        source_digest="s",
        definition_digest="d",
        document={},
        graph=Graph({}),
    )


def plan(policies, of=None, *, changes=(), **options):
    of = of or compiled()
    key = DeploymentKey(of.name, of.environment)
    bindings = Bindings("lineage", 3, "d", "s", digest(policies), {"local": "1"})
    made = Plan("id", key, of, PlanOptions(**options), bindings, tuple(changes))
    return replace(made, digest=plan_digest(made))


def row(name):
    return ResourceRow(Address(f"local.directory.{name}"), 1, Status.CREATED, "c", "s")


def approved():
    return gate(POLICIES).approve(plan(POLICIES))


class TestApproval:
    def test_an_allowed_plan_is_approved_and_bound(self):
        made = plan(POLICIES)
        approval = gate(POLICIES).approve(made)
        assert approval.plan is made
        assert approval.plan_digest == made.digest
        assert approval.policy_digest == digest(POLICIES)
        assert approval.decision.outcome == "allow"
        approval.verify()

    def test_a_denied_plan_is_refused_with_a_diagnostic_for_every_finding(self):
        policies = {**POLICIES, "required_labels": ["team", "owner"]}
        with pytest.raises(PolicyDeniedError, match=r"prod@default.*required_labels") as caught:
            gate(policies).approve(plan(policies, compiled(image="python")))
        codes = [item.code for item in caught.value.diagnostics]
        registries = "policy.image_policy.allowed_registries"
        assert codes == ["policy.required_labels", "policy.required_labels", registries]
        assert all(item.severity == "error" for item in caught.value.diagnostics)
        assert "docker.io/library/python" in caught.value.diagnostics[2].summary

    def test_checking_refuses_nothing(self):
        made = plan(POLICIES, compiled("dev"))
        assert gate(POLICIES).check(made).outcome == "deny"

    def test_a_pending_rule_refuses_by_name(self):
        with pytest.raises(PolicyDeniedError, match=r"not collected, by image_policy\.required_labels") as caught:
            gate(WITH_FACTS).approve(plan(WITH_FACTS, compiled(image=IMAGE)))
        assert [item.code for item in caught.value.diagnostics] == ["policy.image_policy.required_labels"]
        assert "version" in caught.value.diagnostics[0].summary

    def test_collected_facts_decide_it(self):
        made = plan(WITH_FACTS, compiled(image=IMAGE))
        gate(WITH_FACTS).approve(made, Facts({IMAGE: ImageFacts({"version": "1"})})).verify()
        with pytest.raises(PolicyDeniedError, match=r"is denied by image_policy\.required_labels"):
            gate(WITH_FACTS).approve(made, Facts({IMAGE: ImageFacts({})}))

    def test_facts_about_another_image_decide_nothing(self):
        made = plan(WITH_FACTS, compiled(image=IMAGE))
        assert gate(WITH_FACTS).check(made, Facts({"gcr.io/other": ImageFacts({"version": "1"})})).outcome == "pending"

    def test_a_plan_made_under_other_policies_is_stale(self):
        with pytest.raises(StalePlanError, match="policies changed"):
            gate(POLICIES).approve(plan({}))

    def test_an_edited_plan_is_stale(self):
        made = plan(POLICIES)
        with pytest.raises(StalePlanError, match="changed after it was made"):
            gate(POLICIES).approve(replace(made, options=PlanOptions(destroy=True)))

    def test_the_policies_of_the_plan_itself_count_for_nothing(self):
        lax = replace(compiled("dev"), policies={"allowed_stacks": ["*"]})
        with pytest.raises(PolicyDeniedError):
            gate(POLICIES).approve(plan(POLICIES, lax))

    def test_the_built_in_stack_passes_and_one_that_only_has_its_name_does_not(self):
        gate(POLICIES).approve(plan(POLICIES, compiled("local", source=BUILTIN_SOURCE))).verify()
        with pytest.raises(PolicyDeniedError):
            gate(POLICIES).approve(plan(POLICIES, compiled("local", source="stacks/local.yaml")))
        with pytest.raises(PolicyDeniedError):
            gate(POLICIES).approve(plan(POLICIES, compiled("other", source=BUILTIN_SOURCE)))
        with pytest.raises(PolicyDeniedError):
            gate(POLICIES).approve(plan(POLICIES, replace(compiled("local", source=BUILTIN_SOURCE), provider="aws")))

    def test_a_destruction_is_let_through_whatever_the_policies_say_about_the_stack(self):
        policies = {**POLICIES, "required_labels": ["team"], **WITH_FACTS}
        gate(policies).approve(plan(policies, compiled(image=IMAGE), destroy=True)).verify()
        gate(policies).approve(plan(policies, compiled("dev"), destroy=True)).verify()


class TestForgery:
    def test_it_cannot_be_made_by_hand(self):
        made = plan(POLICIES)
        with pytest.raises(TypeError, match=r"Gate\.approve"):
            ApprovedPlan(made, gate(POLICIES).check(made), made.digest, digest(POLICIES))
        with pytest.raises(TypeError):
            ApprovedPlan()

    @pytest.mark.parametrize("attempt", [copy.copy, copy.deepcopy, lambda a: pickle.loads(pickle.dumps(a)), replace])
    def test_it_cannot_be_copied(self, attempt):
        with pytest.raises(TypeError):
            attempt(approved())

    def test_it_cannot_be_changed(self):
        with pytest.raises(AttributeError):
            approved().plan = plan({})
        with pytest.raises((AttributeError, TypeError)):
            approved().more = 1

    def test_it_cannot_be_subclassed(self):
        with pytest.raises(TypeError):
            type("Mine", (ApprovedPlan,), {})

    def test_one_assembled_around_the_gate_fails_its_verification(self):
        real, fake = approved(), object.__new__(ApprovedPlan)
        for name in ("plan", "decision", "plan_digest", "policy_digest"):
            object.__setattr__(fake, name, getattr(real, name))
        with pytest.raises(PolicyDeniedError, match="not approved"):
            fake.verify()

    @pytest.mark.parametrize("name", ["plan", "plan_digest", "policy_digest"])
    def test_one_altered_by_force_fails_its_verification(self, name):
        approval, other = approved(), plan(POLICIES, destroy=True)
        object.__setattr__(approval, name, other if name == "plan" else "0" * 64)
        with pytest.raises(PolicyDeniedError, match="not approved"):
            approval.verify()

    def test_a_plan_altered_in_place_fails_the_verification(self):
        approval = approved()
        object.__setattr__(approval.plan, "options", PlanOptions(destroy=True))
        with pytest.raises(StalePlanError):
            approval.verify()


def admitted(decision):
    return require_allowed(decision, "the run")


class TestRuns:
    def test_a_run_on_an_allowed_stack_is_admitted(self):
        assert admitted(gate(POLICIES).check_run(compiled(image=IMAGE))).outcome == "allow"

    def test_a_run_on_another_is_refused(self):
        with pytest.raises(PolicyDeniedError, match="the run is denied by allowed_stacks"):
            admitted(gate(POLICIES).check_run(compiled("dev")))

    def test_the_image_of_the_run_is_the_one_judged(self):
        with pytest.raises(PolicyDeniedError, match="allowed_registries"):
            admitted(gate(POLICIES).check_run(compiled(image=IMAGE), image="evil.io/x"))
        assert gate(POLICIES).check_run(compiled(image="evil.io/x"), image=IMAGE).outcome == "allow"
        assert gate(POLICIES).check_run(compiled(image=IMAGE), image="").outcome == "deny"

    def test_the_image_of_a_run_on_the_built_in_stack_is_judged_too(self):
        assert gate(POLICIES).check_run(compiled("local", source=BUILTIN_SOURCE), image="evil.io/x").outcome == "deny"

    def test_facts_of_the_stack_s_image_do_not_speak_for_the_run_s(self):
        facts = Facts({IMAGE: ImageFacts({"version": "1"})})
        with pytest.raises(PolicyDeniedError, match="not collected"):
            admitted(gate(WITH_FACTS).check_run(compiled(image=IMAGE), image="gcr.io/my-project/other", facts=facts))


def test_every_resource_of_a_plan_is_judged_also_what_stays_as_it_is():
    spec = ResourceSpec(Address("local.directory.new"), {"path": "a"})
    kept = ResourceSpec(Address("local.directory.kept"), {})
    changes = [NoOp(kept, row("kept")), Create(spec, {"path": "a"}), Delete(row("old"), {"path": "b"})]
    subject = subject_of_plan(plan(POLICIES, changes=changes))
    assert [(item.address, item.action, item.after) for item in subject.changes] == [
        ("local.directory.kept", "noop", {}),
        ("local.directory.new", "create", {"path": "a"}),
        ("local.directory.old", "delete", {}),
    ]
    assert [item.address.name for item in subject.resources()] == ["kept", "new"]


def test_the_facts_for_the_audit_name_decision_digests_and_findings():
    made = plan(POLICIES, compiled("dev"))
    facts = checked_facts(gate(POLICIES).check(made), made)
    assert facts["decision"] == "deny"
    assert facts["policy_digest"] == digest(POLICIES)
    assert facts["plan_digest"] == made.digest
    assert [item["rule"] for item in facts["findings"]] == ["allowed_stacks", "image_policy.allowed_registries"]
