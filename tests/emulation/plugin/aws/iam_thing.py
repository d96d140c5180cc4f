"""Owns what the things of IAM have in common: no region, names that are theirs alone, tags one key at a time."""

from __future__ import annotations

from typing import Any, ClassVar

from botocore.exceptions import ClientError

from tests.emulation.plugin.aws import tagging
from tests.emulation.plugin.aws.account import code
from tests.emulation.plugin.aws.resource import Resource
from tests.emulation.plugin.handling import Properties, State

PATH = r"/|/[\x21-\x7e]+/"


class IamThing(Resource):
    """A thing of IAM. A handler fills in ``look`` and ``end`` beside what every resource has."""

    service = "iam"
    named_by = "name"
    sort: ClassVar[str] = ""
    """The word for it in the calls that tag it."""
    argument: ClassVar[str] = ""
    """What names it in those calls."""

    def look(self, identity: str) -> Properties | None:
        """The inputs and outputs of what is there; none, or an error that says so, when there is none."""
        raise NotImplementedError

    def end(self, state: State) -> None:
        """Delete it."""
        raise NotImplementedError

    @property
    def iam(self) -> Any:
        """The one IAM that there is for all regions."""
        return self.client(self.account.region)

    def find(self, identity: str, region: str) -> Properties | None:
        try:
            return self.look(identity)
        except ClientError as error:
            if gone(error):
                return None
            raise

    def remove(self, state: State) -> None:
        try:
            self.end(state)
        except ClientError as error:
            if not gone(error):
                raise

    def tag(self, state: State, news: Properties) -> None:
        """Bring the tags to those of ``news``."""
        before, after, name = state.outputs.get("tags") or {}, news.get("tags") or {}, {self.argument: state.id}
        if keys := tagging.removed(before, after):
            getattr(self.iam, f"untag_{self.sort}")(**name, TagKeys=keys)
        if after:
            getattr(self.iam, f"tag_{self.sort}")(**name, Tags=tagging.pairs(after))


def gone(error: ClientError) -> bool:
    """Whether IAM says that there is no such thing."""
    return code(error) == "NoSuchEntity"
