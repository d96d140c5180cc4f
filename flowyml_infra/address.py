"""Owns the resource address ``provider.kind.name``: its grammar, its parts and nothing about what it names."""

from __future__ import annotations

import re

from flowyml_infra.errors import GraphError

NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
"""What a resource, component or stack-local name may look like."""

_ADDRESS = re.compile(r"(?P<provider>[a-z][a-z0-9_]*)\.(?P<kind>[a-z][a-z0-9_]*)\.(?P<name>[a-z][a-z0-9_-]{0,62})")
_INDEXED = re.compile(r'(\["[^"]*"\]|\[\d+\])$')


class Address(str):
    """The text ``provider.kind.name``, known to be well formed.

    A subclass of ``str``, so it sorts, hashes and serialises as its text does. Make one from outside input with
    :meth:`parse`; calling the class itself trusts the text.
    """

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Address:
        """Check ``text`` and return it as an address.

        Raises:
            GraphError: The text is not an address; the hint shows the form.
        """
        if _ADDRESS.fullmatch(text):
            return cls(text)
        if _INDEXED.search(text):
            raise GraphError(
                f"{text!r} has an index, and no resource of this version has one",
                code="address.invalid",
                hint="indices are reserved; name the resource without one",
            )
        raise GraphError(
            f"{text!r} is not a resource address",
            code="address.invalid",
            hint="an address reads provider.kind.name, for example local.directory.artifact_store",
        )

    @classmethod
    def of(cls, provider: str, kind: str, name: str) -> Address:
        """The checked address of these three parts."""
        return cls.parse(f"{provider}.{kind}.{name}")

    @property
    def provider(self) -> str:
        """The part before the first dot, for example ``local``."""
        return self.partition(".")[0]

    @property
    def kind(self) -> str:
        """The middle part, for example ``directory``."""
        return self.split(".", 2)[1]

    @property
    def name(self) -> str:
        """The last part, for example ``artifact_store``."""
        return self.split(".", 2)[2]
