"""Owns ``completion``: what a shell needs to complete commands and options."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.cli.arguments.catalogue import ENTRIES, GROUPS, PROGRAM
from flowyml_infra.cli.arguments.declaration import Arguments, Command, declared, field, positional
from flowyml_infra.cli.arguments.options import GlobalOptions
from flowyml_infra.cli.exits import Exit

if TYPE_CHECKING:
    from flowyml_infra.cli.session import Session

SHELLS = ("bash", "zsh", "fish")


class CompletionArguments(Arguments):
    """The arguments of ``completion``."""

    shell: str = field(positional("SHELL", "bash, zsh or fish", choices=SHELLS))


def run(arguments: CompletionArguments, session: Session) -> Exit:
    """Print the script."""
    session.terminal.say({"bash": _bash, "zsh": _zsh, "fish": _fish}[arguments.shell]())
    return Exit.DONE


def _words() -> dict[str, list[str]]:
    """What may follow each beginning: first words, second words of groups, and the options of each command."""
    table: dict[str, list[str]] = {"": sorted({words[0] for words in ENTRIES})}
    for group, entries in GROUPS.items():
        table[group] = [entry.words[1] for entry in entries]
    shared = [flag for _, argument, _ in declared(GlobalOptions) for flag in argument.flags]
    for entry in ENTRIES.values():
        own = [flag for _, argument, _ in declared(entry.load().arguments) for flag in argument.flags]
        table[entry.text] = [*own, *shared, "--help"]
    return table


def _bash() -> str:
    cases = "\n".join(f'    "{key}") words="{" ".join(words)}" ;;' for key, words in _words().items() if key)
    return f"""\
# {PROGRAM} completion for bash: source <({PROGRAM} completion bash)
_flowyml_infra() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" key="" word words
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case "$word" in -*) ;; *) key="${{key:+$key }}$word" ;; esac
  done
  while :; do
    words=""
    case "$key" in
    "") words="{" ".join(_words()[""])}" ;;
{cases}
    esac
    [ -n "$words" ] || [ -z "$key" ] && break
    case "$key" in *" "*) key="${{key% *}}" ;; *) break ;; esac
  done
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [ "${{#COMPREPLY[@]}}" -eq 0 ]; then COMPREPLY=($(compgen -f -- "$current")); fi
}}
complete -F _flowyml_infra {PROGRAM}"""


def _zsh() -> str:
    return f"#compdef {PROGRAM}\nautoload -U +X bashcompinit && bashcompinit\n{_bash()}"


def _fish() -> str:
    lines = [f"# {PROGRAM} completion for fish: {PROGRAM} completion fish | source"]
    for key, words in _words().items():
        condition = _fish_condition(key)
        options = [word for word in words if word.startswith("-")]
        plain = [word for word in words if not word.startswith("-")]
        if plain:
            lines.append(f"complete -c {PROGRAM} -f -n '{condition}' -a '{' '.join(plain)}'")
        lines += [f"complete -c {PROGRAM} -n '{condition}' {_fish_option(word)}" for word in options]
    return "\n".join(lines)


def _fish_condition(key: str) -> str:
    if not key:
        return "__fish_use_subcommand"
    return "; and ".join(f"__fish_seen_subcommand_from {word}" for word in key.split())


def _fish_option(flag: str) -> str:
    return f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}"


COMMAND = Command(
    CompletionArguments,
    run,
    "Print a script that completes commands and options.",
    (
        ("completion bash >> ~/.bashrc", "for bash"),
        ("completion zsh > ~/.zfunc/_flowyml-infra", "for zsh"),
        ("completion fish > ~/.config/fish/completions/flowyml-infra.fish", "for fish"),
    ),
)
