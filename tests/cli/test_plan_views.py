"""How plans are shown: golden files for each form, and the promises behind them."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser

from flowyml_infra.cli.terminal import Terminal
from flowyml_infra.cli.views.plan.blocks import FORCES
from flowyml_infra.cli.views.plan.html import render_html
from flowyml_infra.cli.views.plan.human import render_plan
from flowyml_infra.cli.views.plan.markdown import LONGEST, render_markdown
from flowyml_infra.cli.views.plan.picture import picture_of_document, picture_of_plan
from flowyml_infra.plan.document import plan_document
from flowyml_infra.plan.plan import Plan
from flowyml_infra.policy.decision import Decision

Exhibit = tuple[str, Plan, Decision]
Gallery = dict[str, Callable[[], tuple[Plan, Decision]]]
Golden = Callable[[str, str], None]


def plain() -> Terminal:
    return Terminal(io.StringIO(), io.StringIO(), io.StringIO(), color=False)


def human(plan: Plan, decision: Decision, *, verbose: bool = False) -> str:
    return render_plan(picture_of_plan(plan, decision), plain(), verbose=verbose)


def test_the_text_for_people_is_as_recorded(exhibit: Exhibit, golden: Golden) -> None:
    name, plan, decision = exhibit
    golden(f"{name}.txt", human(plan, decision) + "\n")


def test_the_markdown_is_as_recorded(exhibit: Exhibit, golden: Golden) -> None:
    name, plan, decision = exhibit
    golden(f"{name}.md", render_markdown(picture_of_plan(plan, decision)) + "\n")


def test_the_document_is_as_recorded(exhibit: Exhibit, golden: Golden) -> None:
    name, plan, decision = exhibit
    document = plan_document(plan, decision.to_json())
    golden(f"{name}.json", json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def test_a_saved_plan_looks_like_the_plan_it_was(gallery: Gallery) -> None:
    plan, decision = gallery["everything"]()
    fresh = picture_of_plan(plan, decision)
    saved = picture_of_document(json.loads(json.dumps(plan_document(plan, decision.to_json()))))
    assert saved.blocks == fresh.blocks
    assert (saved.deployment, saved.counts, saved.decision, saved.findings, saved.partial) == (
        fresh.deployment,
        fresh.counts,
        fresh.decision,
        fresh.findings,
        fresh.partial,
    )


def test_no_view_shows_a_secret(gallery: Gallery) -> None:
    plan, decision = gallery["everything"]()
    picture = picture_of_plan(plan, decision)
    for text in (human(plan, decision, verbose=True), render_markdown(picture), render_html(picture), repr(picture)):
        assert "canary-secret" not in text
        assert "gAAAA" not in text
        assert "(secret)" in text


def test_colors_add_nothing_but_colors(exhibit: Exhibit) -> None:
    _, plan, decision = exhibit
    colored = Terminal(io.StringIO(), io.StringIO(), io.StringIO(), color=True)
    text = render_plan(picture_of_plan(plan, decision), colored)
    assert "\x1b[" in text
    assert re.sub(r"\x1b\[[0-9;]*m", "", text) == human(plan, decision)


def test_what_forces_a_replacement_is_marked_where_it_stands(gallery: Gallery) -> None:
    text = human(*gallery["everything"]())
    marked = [line.strip() for line in text.splitlines() if FORCES in line]
    assert marked == [
        '~ path = "a.db" -> (known after apply)  # forces replacement',
        '~ path = "images" -> "pictures"  # forces replacement',
    ]


def test_the_legend_explains_the_signs_used_and_no_others(gallery: Gallery) -> None:
    assert human(*gallery["destroy"]()).splitlines()[2:4] == ["  - delete", ""]
    assert human(*gallery["everything"]()).splitlines()[6:14] == [
        "  + create",
        "  ~ update in place",
        "-/+ delete, then create",
        "+/- create, then delete",
        "  - delete",
        "  . forget, and leave the thing alone",
        " <- take over what exists",
        " => move to another address",
    ]


def test_a_long_plan_counts_creations_and_names_all_that_is_changed_or_deleted(gallery: Gallery) -> None:
    plan, decision = gallery["long"]()
    text = human(plan, decision)
    assert "... and 50 more local.directory (-v shows them all)" in text
    assert '~ mode = "0755" -> "0700"' in text
    assert all(f"local.directory.x{n} will be deleted" in text for n in range(1, 13))
    assert len(text.splitlines()) < 60
    assert all(f"local.directory.d{n:03}" in human(plan, decision, verbose=True) for n in range(1, 61))


def test_hostile_text_stays_text_everywhere(gallery: Gallery) -> None:
    plan, decision = gallery["hostile"]()
    picture = picture_of_plan(plan, decision)
    assert "\x1b" not in human(plan, decision)
    markdown = render_markdown(picture)
    assert "\x1b" not in markdown
    assert "<b>" not in markdown
    assert [line for line in markdown.splitlines() if line.startswith("```")] == ["```diff", "```"]
    page = render_html(picture)
    assert "<script" not in page
    assert "&lt;b&gt;no" in page


def test_the_page_is_well_formed(exhibit: Exhibit) -> None:
    _, plan, decision = exhibit

    class Nesting(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []

        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag != "meta":
                self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

    parser = Nesting()
    parser.feed(render_html(picture_of_plan(plan, decision)))
    assert parser.open == []


def test_the_markdown_fits_into_a_comment(gallery: Gallery) -> None:
    plan, decision = gallery["long"]()
    wide = picture_of_plan(plan, decision)
    many = type(wide)(**{name: getattr(wide, name) for name in wide.__slots__} | {"blocks": wide.blocks * 40})
    text = render_markdown(many)
    assert len(text) < LONGEST + 1_000
    assert re.search(r"\.\.\. and [\d,]+ more changes, left out for length\.", text)
