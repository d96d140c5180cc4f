"""Owns the trying of policies on their examples: which files belong together, and what came out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from flowyml_infra.errors import DefinitionError, UsageError
from flowyml_infra.policy.cases import CaseResult, read_cases, try_case
from flowyml_infra.policy.loading import load_policy_file
from flowyml_infra.project.policies import newest_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.project.facade import Project

CASES: Final = ".cases.yaml"
"""What takes the place of a policy file's suffix in the name of its examples."""


def try_policies(project: Project, files: tuple[str, ...]) -> list[CaseResult]:
    """The examples of ``files``, or of every policy file that has some.

    Raises:
        UsageError: There is nothing to try.
        DefinitionError: A policy or an example is wrong.
    """
    paths = [Path(file) for file in files] if files else sorted(_with_examples(project.root))
    found = [result for path in paths for result in _tried(path, project)]
    if not found:
        raise UsageError(
            "there are no examples to try",
            hint=f"write them beside a policy, as policies/org{CASES} of policies/org.yaml",
        )
    return found


def _with_examples(root: Path) -> Iterator[Path]:
    for cases in root.glob(f"**/*{CASES}"):
        for suffix in (".yaml", ".yml", ".rego"):
            policy = cases.with_name(cases.name.removesuffix(CASES) + suffix)
            if policy.is_file():
                yield policy.relative_to(root)


def _tried(path: Path, project: Project) -> Iterator[CaseResult]:
    policies = load_policy_file(str(path), newest_files(project))
    cases, name = project.root / path.with_suffix(CASES), str(path.with_suffix(CASES))
    if cases.is_file():
        reading = read_cases(cases.read_bytes(), name)
        if reading.problems:
            first = reading.problems[0]
            raise DefinitionError(first.summary, code=first.code, diagnostics=reading.problems)
        yield from (try_case(case, policies, name) for case in reading.cases)
