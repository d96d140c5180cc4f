from __future__ import annotations

import pytest

from flowyml_infra.definition import document
from flowyml_infra.definition.stack_definition import StackDefinition
from flowyml_infra.errors import DefinitionError
from tests.definition.broken_manifests import BROKEN_MANIFESTS as BROKEN


def _shown(problem):
    place = problem.location
    return "-" if place.line is None else f"{place.line}:{place.column}"


@pytest.fixture(params=["libyaml", "python"])
def parser(request, monkeypatch):
    if request.param == "python":
        monkeypatch.setattr(document, "_parser", lambda: document.PurePython)


@pytest.mark.parametrize("case", BROKEN, ids=[case.name for case in BROKEN])
@pytest.mark.usefixtures("parser")
def test_a_broken_manifest_says_where_it_is_wrong_and_what_to_do(case):
    with pytest.raises(DefinitionError) as caught:
        StackDefinition.from_text(case.text.encode("utf-8", "surrogateescape"), source="stacks/train.yaml", environ={})
    found = caught.value.diagnostics
    report = "\n".join(f"{_shown(item)} | {item.summary} | {item.hint}" for item in found)
    assert [_shown(item) for item in found] == [place for place, _, _ in case.problems], report
    for item, (_, words, hints) in zip(found, case.problems, strict=True):
        assert item.severity == "error"
        assert item.location.file == "stacks/train.yaml"
        assert all(word in item.summary for word in words), report
        assert all(word in (item.hint or "") for word in hints), report


def test_there_are_enough_cases():
    assert len(BROKEN) >= 60


def test_every_problem_is_told_at_once_in_the_order_of_the_file():
    text = (
        "apiVersion: flowyml/v1\nkind: Stack\nmetadata:\n  name: A B\n  labels: {x: 1}\n"
        "spec:\n  provider: gpc\n  compute:\n    max_nodes: many\n    oops: 1\n  location: {region: '${UNSET}'}\n"
    )
    with pytest.raises(DefinitionError) as caught:
        StackDefinition.from_text(text, source="m.yaml", environ={})
    assert [_shown(item) for item in caught.value.diagnostics] == ["4:9", "5:15", "7:13", "9:16", "10:5", "11:23"]
    assert caught.value.message.startswith("m.yaml:4:9: ")
    assert "(and 5 more)" in caught.value.message
