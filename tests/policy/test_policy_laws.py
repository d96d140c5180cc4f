"""Laws that hold for any subject and any policies."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowyml_infra.errors import DefinitionError
from flowyml_infra.policy.decision import Decision, Finding
from flowyml_infra.policy.engine import evaluate
from flowyml_infra.policy.facts import Facts, ImageFacts
from flowyml_infra.policy.loading import load_policies
from flowyml_infra.policy.reading import SECTIONS
from flowyml_infra.policy.subject import PolicySubject
from flowyml_infra.resources.values import Unknown
from tests.support.policies import change

ORDER = {"allow": 0, "pending": 1, "deny": 2}
words = st.sampled_from(["prod", "dev", "team", "gcr.io", "gcr.io/p", "*", "p*"])
lists = st.lists(words, max_size=3)
registries = st.lists(st.sampled_from(["gcr.io", "gcr.io/p"]), max_size=2)
images = st.fixed_dictionaries({}, optional={"allowed_registries": registries, "required_labels": lists})
entries = st.fixed_dictionaries(
    {},
    optional={
        "public_access": st.fixed_dictionaries(
            {},
            optional={
                "severity": st.sampled_from(["deny", "warn", "info"]),
                "scope": st.fixed_dictionaries({"stacks": st.lists(words, min_size=1)}),
            },
        ),
        "allowed_regions": lists,
        "stateful_changes": st.just({}),
    },
)
policies = st.fixed_dictionaries(
    {}, optional={"allowed_stacks": lists, "required_labels": lists, "image_policy": images, "rules": entries}
)
labels = st.dictionaries(st.sampled_from(["team", "prod", "gcr.io"]), st.sampled_from(["", "x"]))
regions = st.sampled_from(["prod", "elsewhere", Unknown()])
changes = st.builds(
    lambda action, region, public: change("aws.bucket.data", action, region=region, public_access=public),
    st.sampled_from(["create", "update", "replace", "delete", "noop"]),
    regions,
    st.booleans(),
)
subjects = st.builds(
    lambda changes, facts, **fields: PolicySubject(
        changes=tuple(changes), facts=Facts({} if facts is None else {fields["image"]: ImageFacts(facts)}), **fields
    ),
    st.lists(changes, max_size=1),
    st.none() | labels,
    stack=st.sampled_from(["prod", "dev", "local"]),
    labels=labels,
    image=st.none() | st.sampled_from(["gcr.io/p/x", "python", "??"]),
    purpose=st.sampled_from(["apply", "destroy", "run", "record"]),
    builtin=st.booleans(),
)
findings = st.builds(
    Finding, st.just("r"), st.sampled_from(["deny", "warn", "info", "pending"]), st.just("m"), waived_by=st.none()
)


@settings(deadline=None)
@given(st.lists(findings), findings)
def test_one_more_finding_never_makes_a_decision_milder(before, more):
    assert ORDER[Decision((*before, more), "").outcome] >= ORDER[Decision(tuple(before), "").outcome]


@settings(deadline=None)
@given(subjects, policies, policies)
def test_one_more_policy_never_makes_a_decision_milder(subject, some, more):
    both = {**some, **{key: value for key, value in more.items() if key not in some}}
    assert ORDER[say(subject, both).outcome] >= ORDER[say(subject, some).outcome]


@settings(deadline=None)
@given(subjects, policies)
def test_the_same_input_gives_the_same_decision(subject, some):
    assert say(subject, some) == say(subject, dict(reversed(some.items())))


@settings(deadline=None)
@given(subjects, policies)
def test_a_milder_severity_never_makes_a_decision_harder(subject, some):
    rules = {
        name: {"rule": name, **_mapping(name, value), "severity": "warn"}
        for name, value in some.get("rules", {}).items()
    }
    assert ORDER[say(subject, {**some, "rules": rules}).outcome] <= ORDER[say(subject, some).outcome]


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=12), st.one_of(st.none(), words, lists, st.integers()), min_size=1))
def test_what_is_not_a_part_of_a_policy_is_always_an_error(some):
    if any(key not in ("files", *SECTIONS) for key in some):
        with pytest.raises(DefinitionError):
            load_policies(some)


def say(subject, policies):
    return evaluate(subject, load_policies(policies))


def _mapping(name, value):
    return value if isinstance(value, dict) else {{"allowed_regions": "regions"}[name]: value}
