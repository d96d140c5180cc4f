"""Owns how it is shown what becomes of the things that Terraform made."""

from __future__ import annotations

import json
from abc import abstractmethod
from typing import TYPE_CHECKING

from flowyml_infra.cli.terminal import one_line, printable
from flowyml_infra.cli.views.values import counted
from flowyml_infra.cli.views.view import View

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flowyml_infra.project.terraform.outcome import Matching
    from flowyml_infra.resources.values import Json


class MatchingView(View):
    """Shows what becomes of each thing that Terraform has."""

    @abstractmethod
    def show(self, matching: Matching, more: Mapping[str, object]) -> None:
        """Show it; ``more`` is what a document has beside it."""


class MatchingHuman(MatchingView):
    """As text."""

    def show(self, matching: Matching, more: Mapping[str, object]) -> None:
        """What is taken over and what is not, with what to do about it."""
        del more
        for line in _lines(matching):
            self.terminal.say(line)


class MatchingJson(MatchingView):
    """As a document."""

    def show(self, matching: Matching, more: Mapping[str, object]) -> None:
        """``{"terraform", "matched", "unmatched", "suggestion", …}``."""
        from flowyml_infra.cli.views.document import write_document

        write_document(self.terminal, {**matching_document(matching), **more})


def matching_document(matching: Matching) -> dict[str, object]:
    """What becomes of each thing that Terraform has, for programs."""
    state = matching.state
    settings: dict[str, list[str]] = {}
    for setting, address in matching.settings:
        settings.setdefault(address, []).append(setting.address)
    return {
        "terraform": {
            "source": state.name,
            "terraform_version": state.terraform,
            "serial": state.serial,
            "data_sources": state.data_sources,
            "others": dict(state.others),
        },
        "matched": [
            {
                "terraform": item.resource.address,
                "address": item.address,
                "id": item.resource.id,
                "settings": settings.get(item.address, []),
            }
            for item in matching.matches
        ],
        "unmatched": [
            {
                "terraform": miss.resource.address,
                "kind": miss.resource.kind or None,
                "id": miss.resource.id,
                "code": miss.code,
                "reason": miss.reason,
                "hint": miss.hint or None,
            }
            for miss in matching.misses
        ],
        "suggestion": suggestion(matching),
    }


def suggestion(matching: Matching) -> dict[str, Json]:
    """What to write under ``spec.resources`` for all that is not declared."""
    return {name: entry for miss in matching.misses for name, entry in miss.suggestion.items()}


def to_remove(matching: Matching) -> list[str]:
    """What Terraform should forget when it is taken over, by its own addresses."""
    return [
        *(item.resource.address for item in matching.matches),
        *(setting.address for setting, _ in matching.settings),
    ]


def _lines(matching: Matching) -> Iterator[str]:
    state = matching.state
    facts = [f"Terraform {state.terraform}"] if state.terraform else []
    facts += [] if state.serial is None else [f"serial {state.serial}"]
    told = f" ({', '.join(facts)})" if facts else ""
    yield one_line(f"{state.name}{told}")
    if matching.matches:
        yield "\nTo be taken over:"
    for item in matching.matches:
        yield f"  {one_line(f'{item.resource.address} as {item.address}: {item.resource.id}')}"
    if matching.misses:
        yield "\nNot taken over:"
    for miss in matching.misses:
        yield f"  {one_line(miss.resource.address)}: {one_line(miss.reason)}"
        if miss.hint:
            yield f"    {one_line(miss.hint)}"
    entries = suggestion(matching)
    if entries:
        yield "\nWhat is not declared, for the definition:"
        yield "    spec:\n      resources:"
        yield from (f"        {name}: {_flow(entry)}" for name, entry in entries.items())
    if state.others:
        counts = ", ".join(f"{number:,} {printable(type_)}" for type_, number in state.others.items())
        yield f"\nNo kind stands for: {counts}"
    if state.data_sources:
        yield f"\nLeft alone: {counted(state.data_sources, 'data source')}"
    if not matching.matches:
        yield f"\n{_nothing(matching)}"


def _nothing(matching: Matching) -> str:
    if not matching.misses:
        return "There is nothing in it that a kind stands for, so nothing is taken over."
    if not matching.unfinished:
        return "Everything in it that a kind stands for is recorded already."
    return "Nothing is taken over."


def _flow(entry: Json) -> str:
    """``entry`` as a YAML mapping on one line."""
    pairs = entry.items() if isinstance(entry, dict) else ()
    return "{" + ", ".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in pairs) + "}"
