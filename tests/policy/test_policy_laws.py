"""Laws that hold for any subject and any policies."""

from hypothesis import given
from hypothesis import strategies as st

from flowyml_infra.policy.decision import Decision, Finding
from flowyml_infra.policy.engine import evaluate
from flowyml_infra.policy.subject import PolicySubject

ORDER = {"allow": 0, "pending": 1, "deny": 2}
words = st.sampled_from(["prod", "dev", "team", "gcr.io", "gcr.io/p", "*", "p*", ""])
settings = st.one_of(st.none(), words, st.lists(words, max_size=3), st.integers())
policies = st.dictionaries(
    st.sampled_from(["allowed_stacks", "required_labels", "unheard_of"]), settings
) | st.dictionaries(
    st.just("image_policy"), st.dictionaries(st.sampled_from(["allowed_registries", "required_labels", "x"]), settings)
)
labels = st.dictionaries(st.sampled_from(["team", "prod", "gcr.io"]), st.sampled_from(["", "x"]))
subjects = st.builds(
    PolicySubject,
    stack=st.sampled_from(["prod", "dev", "local"]),
    labels=labels,
    image=st.none() | st.sampled_from(["gcr.io/p/x", "python", "??"]),
    image_labels=st.none() | labels,
    destroys=st.booleans(),
    builtin=st.booleans(),
)
findings = st.builds(
    Finding, st.just("r"), st.sampled_from(["deny", "warn", "info", "pending"]), st.just("m"), waived_by=st.none()
)


@given(st.lists(findings), findings)
def test_one_more_finding_never_makes_a_decision_milder(before, more):
    assert ORDER[Decision((*before, more), "").outcome] >= ORDER[Decision(tuple(before), "").outcome]


@given(subjects, policies, policies)
def test_one_more_policy_never_makes_a_decision_milder(subject, some, more):
    both = {**some, **{key: value for key, value in more.items() if key not in some}}
    assert ORDER[evaluate(subject, both).outcome] >= ORDER[evaluate(subject, some).outcome]


@given(subjects, policies)
def test_the_same_input_gives_the_same_decision(subject, some):
    assert evaluate(subject, some) == evaluate(subject, dict(reversed(some.items())))


@given(subjects, st.dictionaries(st.text(max_size=12), settings, min_size=1))
def test_what_is_not_a_rule_always_denies(subject, some):
    known = {"allowed_stacks", "required_labels", "image_policy"}
    if any(key not in known and "." not in key for key in some):
        assert evaluate(subject, some).outcome == "deny"
