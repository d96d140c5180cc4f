"""Owns the streams a command talks through: colours, width, safe text; what is said is the views' business."""

from __future__ import annotations

import os
import sys
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO


class Tone(Enum):
    """What a piece of text means; its value is the ANSI colour that says so on a terminal."""

    ADD = "32"
    CHANGE = "33"
    REMOVE = "31"
    REPLACE = "35"
    MOVE = "36"
    BOLD = "1"
    DIM = "2"
    ERROR = "1;31"
    WARNING = "1;33"
    GOOD = "1;32"


class Terminal:
    """Standard output, standard error and standard input, with what they can show.

    Attributes:
        color: Whether ANSI colours are written.
        interactive: Whether a person can be asked.
        live: Whether lines that change in place may be drawn on standard output.
    """

    def __init__(self, out: TextIO, err: TextIO, source: TextIO, *, color: bool) -> None:
        self.out = out
        self.err = err
        self.source = source
        self.color = color
        self.interactive = source.isatty() and err.isatty()
        self.live = out.isatty() and os.environ.get("TERM", "") != "dumb"

    @classmethod
    def of_process(cls, *, color: bool = True) -> Terminal:
        """The streams of this process; text that the stream's encoding lacks is escaped instead of failing."""
        for stream in (sys.stdout, sys.stderr):
            reconfigure = getattr(stream, "reconfigure", None)
            if reconfigure is not None:
                reconfigure(errors="backslashreplace")
        return cls(sys.stdout, sys.stderr, sys.stdin, color=color and colors_wanted(sys.stdout, os.environ))

    @property
    def width(self) -> int:
        """The number of columns."""
        from shutil import get_terminal_size

        return get_terminal_size().columns

    def say(self, text: str = "") -> None:
        """Write a line to standard output."""
        self.out.write(text + "\n")

    def note(self, text: str) -> None:
        """Write a line to standard error."""
        self.err.write(text + "\n")
        self.err.flush()

    def paint(self, text: str, tone: Tone) -> str:
        """``text`` in the colour of ``tone``, or as it is where there are no colours."""
        return f"\x1b[{tone.value}m{text}\x1b[0m" if self.color and text else text

    def ask(self, question: str) -> str:
        """The line that the person answers; empty at the end of the input."""
        self.err.write(question)
        self.err.flush()
        return self.source.readline().strip()


def colors_wanted(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether ``stream`` should get colours: a terminal that can show them, and NO_COLOR is not set."""
    return stream.isatty() and not environment.get("NO_COLOR") and environment.get("TERM", "") != "dumb"


def printable(text: str) -> str:
    """``text`` with unprintable characters escaped, so that what others wrote cannot steer a terminal.

    Line breaks and tabs stay.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\t" else _escape(c) for c in text)


def one_line(text: str) -> str:
    """``text`` as :func:`printable`, its lines joined."""
    return printable(" ".join(text.split()))


def quoted(text: str) -> str:
    """``text`` between double quotes on one line, with everything unprintable escaped."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    if not escaped.isprintable():
        escaped = "".join(c if c.isprintable() else _escape(c) for c in escaped)
    return f'"{escaped}"'


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
