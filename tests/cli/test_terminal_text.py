"""What reaches a terminal: colours only where wanted, and nothing that could steer it."""

from __future__ import annotations

import io

import pytest

from flowyml_infra.cli.terminal import Terminal, Tone, colors_wanted, printable, quoted


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environment", "wanted"),
    [
        (Screen(), {"TERM": "xterm"}, True),
        (Screen(), {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (Screen(), {"TERM": "dumb"}, False),
        (io.StringIO(), {"TERM": "xterm"}, False),
    ],
)
def test_colors_go_to_terminals_that_want_them(stream: io.StringIO, environment: dict[str, str], wanted: bool) -> None:
    assert colors_wanted(stream, environment) is wanted


def test_paint_leaves_plain_text_where_there_are_no_colors() -> None:
    plain = Terminal(io.StringIO(), io.StringIO(), io.StringIO(), color=False)
    colored = Terminal(Screen(), io.StringIO(), io.StringIO(), color=True)
    assert plain.paint("x", Tone.ADD) == "x"
    assert colored.paint("x", Tone.ADD) == "\x1b[32mx\x1b[0m"
    assert colored.paint("", Tone.ADD) == ""


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("plain é 語", "plain é 語"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("c1 \x9b31m", "c1 \\x9b31m"),
        ("bell\x07", "bell\\x07"),
        ("override \u202e", "override \\u202e"),
        ("two\nlines\tkept", "two\nlines\tkept"),
    ],
)
def test_printable_escapes_what_could_steer_a_terminal(text: str, safe: str) -> None:
    assert printable(text) == safe


def test_quoted_is_one_line_whatever_is_inside() -> None:
    assert quoted('say "hi"\\n') == '"say \\"hi\\"\\\\n"'
    assert quoted("a\nb\x1b[0m\u202e") == '"a\\nb\\x1b[0m\\u202e"'


def test_the_answer_is_one_line_without_its_end() -> None:
    terminal = Terminal(io.StringIO(), io.StringIO(), io.StringIO("yes \nmore"), color=False)
    assert terminal.ask("sure? ") == "yes"
    assert terminal.err.getvalue() == "sure? "  # type: ignore[attr-defined]
