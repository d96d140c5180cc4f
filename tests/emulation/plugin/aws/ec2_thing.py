"""Owns what the things of EC2 have in common: ids that AWS makes up, tags beside them, one way to be asked for."""

from __future__ import annotations

from typing import Any, ClassVar

from botocore.exceptions import ClientError

from tests.emulation.plugin.aws import tagging
from tests.emulation.plugin.aws.account import code
from tests.emulation.plugin.aws.resource import Resource
from tests.emulation.plugin.failures import RefusedError
from tests.emulation.plugin.handling import Properties, State


class Thing(Resource):
    """A thing of EC2. A handler fills in ``begin``, ``shown`` and ``end``, and ``settle`` if there is more to it."""

    service = "ec2"
    named_by = ""
    sort: ClassVar[str]
    """What EC2 calls the type when it is tagged, which is also the word in its ARN."""
    asked: ClassVar[tuple[str, str, str]]
    """The call that describes it, the argument that names it, and where it is in the answer."""

    def begin(self, client: Any, inputs: Properties, tagged: Properties) -> str:
        """Create it with ``tagged`` among the arguments; its id."""
        raise NotImplementedError

    def settle(self, client: Any, identity: str, inputs: Properties) -> None:
        """Bring everything but the tags to ``inputs``; after a creation as well."""

    def shown(self, client: Any, found: dict[str, Any]) -> Properties:
        """The inputs and outputs that EC2's description stands for."""
        raise NotImplementedError

    def end(self, client: Any, state: State) -> None:
        """Delete it."""
        raise NotImplementedError

    def make(self, inputs: Properties) -> str:
        tags = tagging.pairs(inputs.get("tags"))
        tagged = {"TagSpecifications": [{"ResourceType": self.sort, "Tags": tags}]} if tags else {}
        return self.begin(self.client(self.region(inputs)), inputs, tagged)

    def finish(self, identity: str, inputs: Properties) -> None:
        self.settle(self.client(self.region(inputs)), identity, inputs)

    def change(self, state: State, news: Properties) -> None:
        client = self.client(self.region(news))
        before, after = state.outputs.get("tags") or {}, news.get("tags") or {}
        gone = tagging.removed(before, after)
        if gone:
            client.delete_tags(Resources=[state.id], Tags=[{"Key": key} for key in gone])
        if after:
            client.create_tags(Resources=[state.id], Tags=tagging.pairs(after))
        self.settle(client, state.id, news)

    def find(self, identity: str, region: str) -> Properties | None:
        client = self.client(region)
        found = describe(client, self.asked, identity)
        if found is None:
            return None
        owner = found.get("OwnerId") or self.account.number(region)
        every = {"arn": f"arn:aws:ec2:{region}:{owner}:{self.sort}/{identity}", "ownerId": owner}
        told = {name: value for name, value in every.items() if name in self.computed}
        return {**told, **tagging.outputs(tagging.mapped(found.get("Tags"))), **self.shown(client, found)}

    def remove(self, state: State) -> None:
        try:
            self.end(self.client(self.region(state.outputs)), state)
        except ClientError as error:
            if not absent(error):
                raise


def describe(client: Any, asked: tuple[str, str, str], identity: str) -> dict[str, Any] | None:
    """What EC2 says of the thing ``identity``; none when there is none."""
    call, argument, key = asked
    try:
        answer = getattr(client, call)(**{argument: [identity]})
    except ClientError as error:
        if absent(error):
            return None
        raise
    return next(iter(answer[key]), None)


def absent(error: ClientError) -> bool:
    """Whether EC2 says that there is no such thing."""
    return code(error).endswith("NotFound")


def refuse_if(wrong: object, word: str, reason: str) -> None:
    """Say no as EC2 does.

    Raises:
        RefusedError: ``wrong`` is not empty.
    """
    if wrong:
        raise RefusedError(f"{word}: {reason}")
