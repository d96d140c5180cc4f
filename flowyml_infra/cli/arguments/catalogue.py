"""Owns the list of commands: their words, what each is for, and where its code is; nothing here imports that code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from flowyml_infra.cli.arguments.declaration import Command

PROGRAM = "flowyml-infra"


class Entry(NamedTuple):
    """One line of the list.

    Attributes:
        words: What is typed, for example ``("state", "list")``.
        summary: One clause, without a full stop.
        module: The module under ``cli.commands`` that has it.
        name: The name of its ``Command`` there.
    """

    words: tuple[str, ...]
    summary: str
    module: str
    name: str = "COMMAND"

    @property
    def text(self) -> str:
        """The words with spaces between."""
        return " ".join(self.words)

    def load(self) -> Command[Any]:
        """Import the command's code."""
        from importlib import import_module

        command: Command[Any] = getattr(import_module(f"flowyml_infra.cli.commands.{self.module}"), self.name)
        return command


def _entry(text: str, summary: str, module: str = "", name: str = "COMMAND") -> Entry:
    words = tuple(text.split())
    return Entry(words, summary, module or words[0], name)


SECTIONS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    (
        "Start",
        (
            _entry("quickstart", "make a sample project and take it through plan, gate, apply and a pipeline run"),
            _entry("init", "make a project from a starter"),
            _entry("doctor", "check this machine and this project"),
        ),
    ),
    (
        "Main",
        (
            _entry("validate", "find every problem in a stack definition"),
            _entry("plan", "show what an apply would change, and what the policies say to it"),
            _entry("apply", "make the changes, after the policy gate"),
            _entry("destroy", "remove what a stack made"),
            _entry("run", "run a pipeline on a stack"),
        ),
    ),
    (
        "Look",
        (
            _entry("output", "show what pipelines are bound to"),
            _entry("show", "show what is recorded, or what a saved plan holds"),
            _entry("drift", "compare the world with what is recorded"),
            _entry("graph", "draw the resources and what they depend on"),
            _entry("runs list", "list the pipeline runs", name="LIST"),
            _entry("runs show", "show one pipeline run with its steps and metrics", name="SHOW"),
        ),
    ),
    (
        "Stacks",
        (
            _entry("stack list", "list every stack that a name can lead to", name="LIST"),
            _entry("stack show", "show a stack's definition and where it comes from", name="SHOW"),
            _entry("stack validate", "find every problem in a stack definition", name="VALIDATE"),
            _entry("stack apply", "register a definition under its name (provisions nothing)", name="APPLY"),
            _entry("stack use", "choose the stack that is used when none is named", name="USE"),
            _entry("stack explain", "show why a stack is meant, and which of its versions", name="EXPLAIN"),
            _entry("stack update", "pin what remote sources have now", name="UPDATE"),
            _entry("stack diff", "compare two definitions, and show what the change would do", name="DIFF"),
            _entry("env list", "list the environments and their stacks", name="LIST"),
        ),
    ),
    (
        "Policies",
        (
            _entry("policy check", "show what the policies say to a stack", name="CHECK"),
            _entry("policy list", "list the rules in force, and the waivers", name="LIST"),
            _entry("policy test", "try a policy on the examples beside it", name="TEST"),
            _entry("policy replay", "run a policy over all that is recorded, before it is enforced", name="REPLAY"),
            _entry("policy waive", "let a rule pass at one address for a while", name="WAIVE"),
        ),
    ),
    (
        "State",
        (
            _entry("state list", "list the recorded resources", name="LIST"),
            _entry("state show", "show what is recorded about one resource", name="SHOW"),
            _entry("state mv", "give a recorded resource another address", name="MV"),
            _entry("state rm", "forget a recorded resource and leave the thing itself alone", name="RM"),
            _entry("refresh", "record what the world has, so that the next plan sets it back"),
            _entry("state import", "take over a thing that is there already", name="IMPORT"),
            _entry(
                "state import-terraform",
                "take over what Terraform made, by its state",
                "state_exchange",
                "IMPORT_TERRAFORM",
            ),
            _entry("state history", "list the operations on a deployment", name="HISTORY"),
            _entry("state rollback-plan", "plan the way back to what an earlier apply declared", "state_rollback"),
            _entry("state pull", "print the recorded state as JSON, secrets sealed", name="PULL"),
            _entry("state export", "write what is recorded for other tools", "state_exchange", "EXPORT"),
            _entry("state rebuild", "bring the state and the engine's record in line", name="REBUILD"),
            _entry("state push", "make an exported state the recorded one", name="PUSH"),
            _entry("state doctor", "explain what is open and what the next apply does", "state_database", "DOCTOR"),
            _entry("state backup", "copy the whole state into a new file", "state_database", "BACKUP"),
            _entry("state restore", "copy a backup into a new state", "state_database", "RESTORE"),
            _entry("state migrate", "move the whole state to another database", "state_database", "MIGRATE"),
            _entry("state grants", "print the rights that a PostgreSQL role needs", "state_database", "GRANTS"),
            _entry("state rotate-key", "change the key that opens the secrets", "state_database", "ROTATE_KEY"),
            _entry("lock list", "list who holds which lock", name="LIST"),
            _entry("lock release", "break the lock of a holder that is gone", name="RELEASE"),
            _entry("audit list", "list what was done, by whom and when", name="LIST"),
            _entry("audit verify", "check that nobody edited, cut or reordered the audit log", name="VERIFY"),
            _entry("audit export", "write the audit log with its signed head, for others to keep", name="EXPORT"),
        ),
    ),
    (
        "Tool",
        (
            _entry("engine status", "show which Pulumi CLI is used", name="STATUS"),
            _entry("engine install", "put the Pulumi CLI into the user's cache", name="INSTALL"),
            _entry("schema", "print the JSON Schema of manifests or of flowyml.yaml, for editors"),
            _entry("completion", "print a completion script for a shell"),
        ),
    ),
)

ENTRIES: dict[tuple[str, ...], Entry] = {entry.words: entry for _, entries in SECTIONS for entry in entries}
GROUPS: dict[str, tuple[Entry, ...]] = {
    word: tuple(entry for entry in ENTRIES.values() if entry.words[0] == word)
    for word in dict.fromkeys(words[0] for words in ENTRIES if len(words) > 1)
}
