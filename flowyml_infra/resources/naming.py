"""Owns the names of things in a cloud: what one may look like, and how one is made up when nobody gives it.

A name that was made up says what it is for and ends in a digest of where it belongs, so that two projects never make
the same one. It is recorded with the resource and stays as long as that does.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

DIGEST_LENGTH = 8
"""Hexadecimal digits at the end of a name that was made up; 32 bits."""
_ROOM = 4
"""Characters kept free for the mark of a later generation, ``-g99``."""
_GENERATION = re.compile(r"g\d{1,2}$")


@dataclass(frozen=True, slots=True)
class NameRule:
    """What names of one sort of thing look like.

    Attributes:
        pattern: What a whole name matches.
        longest: Characters at most.
        shortest: Characters at least.
        wording: The same for people, for example ``lower-case letters, digits and hyphens``.
        separator: What stands between the words of a name that is made up; may be empty.
        scope: Within what no two things have one name, for example ``the whole of Amazon S3``.
        digest: Hexadecimal digits at the end of a name that is made up; fewer where names are short and count within
            little.
    """

    pattern: str
    longest: int
    shortest: int
    wording: str
    separator: str = "-"
    scope: str = ""
    digest: int = DIGEST_LENGTH

    def problem(self, name: str) -> str | None:
        """What is wrong with ``name``, as a clause that follows the property's name, or None."""
        if not self.shortest <= len(name) <= self.longest:
            return f"is {len(name)} characters long; {self.shortest} to {self.longest} are allowed"
        if not re.fullmatch(self.pattern, name):
            return f"is {name!r}; allowed are {self.wording}"
        return None

    def generate(self, words: Sequence[str], origin: Sequence[str]) -> str:
        """A name of ``words``, the most telling last, and the digest of ``origin``."""
        digest = hashlib.sha256("\n".join(origin).encode()).hexdigest()[: self.digest]
        room = self.longest - _ROOM - self.digest - len(self.separator)
        slug = _slug(words, self.separator, room)
        # A digest may begin with a digit, a name often may not: the slug always begins with a letter.
        return f"{slug}{self.separator}{digest}"

    def next_generation(self, name: str, generation: int) -> str:
        """The name of a later generation, which exists beside its predecessor for a while."""
        base = _GENERATION.sub("", name)
        if base != name and self.separator:
            base = base.removesuffix(self.separator)
        mark = f"{self.separator}g{generation % 100}"
        return f"{base[: self.longest - len(mark)]}{mark}"


def _slug(words: Sequence[str], separator: str, room: int) -> str:
    """``words`` as letters and digits joined by ``separator``; the last words are kept where there is no room."""
    plain = [re.sub(r"[^a-z0-9]+", separator, word.lower()).strip("-_.") for word in words]
    kept: list[str] = []
    for word in reversed([word for word in plain if word]):
        if kept and len(separator.join([word, *kept])) > room:
            break
        kept.insert(0, word)
    text = separator.join(kept)[:room].strip("-_.")
    if not text or not text[0].isalpha():
        text = f"f{separator}{text}"[:room].strip("-_.")
    return text
