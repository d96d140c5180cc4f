"""Owns the stand-in for ``aws:iam/openIdConnectProvider:OpenIdConnectProvider``: one for each trusted issuer."""

from __future__ import annotations

from typing import Any

from tests.emulation.plugin.aws import questions, tagging
from tests.emulation.plugin.aws.iam_thing import IamThing
from tests.emulation.plugin.aws.rules import Rules
from tests.emulation.plugin.failures import RefusedError
from tests.emulation.plugin.handling import Properties, State

SCHEME = "https://"
LONGEST_CLIENT, MOST_CLIENTS, MOST_THUMBPRINTS = 255, 100, 5


def _clients_problem(clients: list[Any]) -> str | None:
    fine = clients and len(clients) <= MOST_CLIENTS and all(0 < len(str(item)) <= LONGEST_CLIENT for item in clients)
    return None if fine else f"1 to {MOST_CLIENTS} audiences of at most {LONGEST_CLIENT} characters are allowed"


def _thumbprints_problem(thumbprints: list[Any]) -> str | None:
    clauses = [questions.matching("[0-9a-fA-F]{40}")(item) for item in thumbprints]
    many = f"{MOST_THUMBPRINTS} thumbprints are allowed" if len(thumbprints) > MOST_THUMBPRINTS else None
    return next((clause for clause in [many, *clauses] if clause), None)


class OpenIdConnectProvider(IamThing):
    """An issuer of tokens; its id is its ARN, which is made of its address."""

    named_by = "url"
    sort, argument = "open_id_connect_provider", "OpenIDConnectProviderArn"
    rules = Rules(
        known=frozenset({"url", "clientIdLists", "thumbprintLists", "tags"}),
        required=("clientIdLists", "url"),
        replacing=("url",),
        regional=False,
        questions={
            "url": questions.matching(SCHEME + r"[^\s?#]{1,247}"),
            "clientIdLists": _clients_problem,
            "thumbprintLists": _thumbprints_problem,
        },
        spellings={"url": lambda url: str(url).removeprefix(SCHEME), "clientIdLists": sorted},
    )
    computed = ("arn", "tagsAll", "thumbprintLists")

    def make(self, inputs: Properties) -> str:
        made = self.iam.create_open_id_connect_provider(
            Url=inputs["url"],
            ClientIDList=inputs["clientIdLists"],
            ThumbprintList=inputs.get("thumbprintLists", []),
            Tags=tagging.pairs(inputs.get("tags")),
        )
        return str(made["OpenIDConnectProviderArn"])

    def change(self, state: State, news: Properties) -> None:
        name = {"OpenIDConnectProviderArn": state.id}
        if set(state.outputs["clientIdLists"]) != set(news["clientIdLists"]):
            raise RefusedError("the emulator does not give an issuer other audiences")
        if "thumbprintLists" in news:
            self.iam.update_open_id_connect_provider_thumbprint(**name, ThumbprintList=news["thumbprintLists"])
        self.tag(state, news)

    def look(self, identity: str) -> Properties:
        found = self.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=identity)
        return {
            "arn": identity,
            "url": found["Url"].removeprefix(SCHEME),
            "clientIdLists": found["ClientIDList"],
            "thumbprintLists": found["ThumbprintList"],
            **tagging.outputs(tagging.mapped(found.get("Tags"))),
        }

    def end(self, state: State) -> None:
        self.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=state.id)
