"""Owns the gate: the one place where a plan becomes an approved plan, and where a run is let through.

The gate holds the policies that are in force *now*. A plan that was judged by others is stale, not denied.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from weakref import WeakKeyDictionary

from flowyml_infra.errors import PolicyDeniedError, StalePlanError
from flowyml_infra.plan.digest import plan_digest
from flowyml_infra.policy.denial import denied
from flowyml_infra.policy.engine import evaluate
from flowyml_infra.policy.facts import NO_FACTS, Facts
from flowyml_infra.policy.late import guard_of
from flowyml_infra.policy.subject import subject_of_plan, subject_of_run

if TYPE_CHECKING:
    from flowyml_infra.plan.plan import Plan
    from flowyml_infra.policy.decision import Decision
    from flowyml_infra.policy.late import Guard
    from flowyml_infra.policy.policy_set import PolicySet
    from flowyml_infra.policy.subject import PolicySubject
    from flowyml_infra.resources.compiled import Compiled
    from flowyml_infra.resources.values import Json


@dataclass(frozen=True, slots=True, eq=False, init=False, weakref_slot=True)
class ApprovedPlan:
    """A plan that the gate let through; the only thing that may be applied.

    Only :meth:`Gate.approve` makes one: the class cannot be called, copied, unpickled or subclassed.

    Attributes:
        plan: The plan.
        decision: What the policies said.
        plan_digest: The digest the plan had when it was approved.
        policy_digest: The digest of the policies that approved it.
    """

    plan: Plan
    decision: Decision
    plan_digest: str
    policy_digest: str

    def __new__(cls, *_: object, **__: object) -> Self:
        """Refuse.

        Raises:
            TypeError: Always.
        """
        raise TypeError("an ApprovedPlan comes from Gate.approve and from nowhere else")

    def __init_subclass__(cls) -> None:
        """Refuse.

        Raises:
            TypeError: Always.
        """
        raise TypeError("ApprovedPlan cannot be subclassed")

    def verify(self) -> None:
        """Check that this approval is the gate's, and that the plan is still what was approved.

        Raises:
            PolicyDeniedError: The gate did not issue this object, or it was altered since.
            StalePlanError: The plan is not the one that was approved.
        """
        issued = _ISSUED.get(self)
        if issued is None or issued[0] is not self.plan or issued[1:3] != (self.plan_digest, self.policy_digest):
            raise PolicyDeniedError("this plan was not approved by the policy gate", code="policy.forged")
        if plan_digest(self.plan) != self.plan_digest or self.plan.bindings.policy_digest != self.policy_digest:
            raise StalePlanError("the plan is no longer the one that the policy gate approved", hint="plan again")

    def guard(self) -> Guard:
        """What asks the rules again about resources whose values only become known on the way.

        Raises:
            PolicyDeniedError: The gate did not issue this object.
        """
        issued = _ISSUED.get(self)
        if issued is None:
            raise PolicyDeniedError("this plan was not approved by the policy gate", code="policy.forged")
        return issued[3]


_ISSUED: WeakKeyDictionary[ApprovedPlan, tuple[Plan, str, str, Guard]] = WeakKeyDictionary()
"""What the gate handed out, so that an object assembled by other means is known for what it is."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Judges plans and runs by the policies that are in force.

    Attributes:
        policies: The policies that are in force now.
    """

    policies: PolicySet

    def check(self, plan: Plan, facts: Facts = NO_FACTS) -> Decision:
        """What the policies say about ``plan``; refuses nothing by itself."""
        return evaluate(subject_of_plan(plan, facts), self.policies)

    def approve(self, plan: Plan, facts: Facts = NO_FACTS) -> ApprovedPlan:
        """Let ``plan`` through.

        What waits for a value that only the apply can give is let through too: the approval's guard asks again, before
        the resource is touched.

        Raises:
            StalePlanError: The plan was edited, or made under other policies.
            PolicyDeniedError: A rule denies or cannot be decided; one diagnostic for each such finding.
        """
        if plan.bindings.policy_digest != self.policies.digest:
            raise StalePlanError("the policies changed since this plan was made", hint="plan again")
        if plan_digest(plan) != plan.digest:
            raise StalePlanError("the plan was changed after it was made", hint="plan again")
        subject = subject_of_plan(plan, facts)
        decision = evaluate(subject, self.policies)
        what = "destruction" if subject.destroys else "apply"
        require_allowed(decision, f"the {what} of {plan.key}")
        return _issue(plan, decision, guard_of(subject, self.policies))

    def check_run(self, compiled: Compiled, *, image: str | None = None, facts: Facts = NO_FACTS) -> Decision:
        """What the policies say about a pipeline run on ``compiled``, in ``image`` where the run overrides it."""
        return evaluate(subject_of_run(compiled, image, facts), self.policies)

    def check_record(self, subject: PolicySubject) -> Decision:
        """What the policies say about ``subject``, which is about to be recorded."""
        return evaluate(subject, self.policies)


def require_allowed(decision: Decision, what: str) -> Decision:
    """``decision``, unless it keeps ``what`` from being done.

    Raises:
        PolicyDeniedError: A rule denies or cannot be decided; one diagnostic for each such finding.
    """
    refusals = decision.refusals
    if refusals:
        final = any(item.severity == "deny" for item in refusals)
        raise denied(refusals, f"{what} {'is denied by' if final else 'waits for facts that were not collected, by'}")
    return decision


def checked_facts(decision: Decision, plan: Plan | None = None) -> dict[str, Json]:
    """The data of a ``PolicyChecked`` audit event."""
    return {
        **decision.to_json(),
        "policy_digest": decision.policy_digest,
        "plan_digest": None if plan is None else plan.digest,
        "facts": dict(decision.facts),
    }


def _issue(plan: Plan, decision: Decision, guard: Guard) -> ApprovedPlan:
    approved = object.__new__(ApprovedPlan)
    object.__setattr__(approved, "plan", plan)
    object.__setattr__(approved, "decision", decision)
    object.__setattr__(approved, "plan_digest", plan.digest)
    object.__setattr__(approved, "policy_digest", decision.policy_digest)
    _ISSUED[approved] = (plan, plan.digest, decision.policy_digest, guard)
    return approved
