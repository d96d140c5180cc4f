"""Owns the public policy engine: what the project's policies say about a definition, before anything is planned."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flowyml_infra.collectors.gathering import collect
from flowyml_infra.policy.engine import evaluate
from flowyml_infra.policy.files import PolicyFiles, local_files
from flowyml_infra.policy.loading import load_policies, load_project_policies
from flowyml_infra.policy.subject import PolicySubject
from flowyml_infra.resolution.resolver import StackResolver, as_definition
from flowyml_infra.state.location import project_root

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from flowyml_infra.definition.stack_definition import StackDefinition
    from flowyml_infra.policy.decision import Decision
    from flowyml_infra.resolution.resolver import Definable
    from flowyml_infra.resources.values import Json


class PolicyEngine:
    """Judges definitions.

    Args:
        policies: The ``policies`` section as plain JSON, which then names no files; by default that of the project's
            flowyml.yaml, with the files and waivers that belong to it.
        root: The project's folder; by default the nearest parent of the working directory with a flowyml.yaml.

    Raises:
        DefinitionError: flowyml.yaml is wrong.
        ResolutionError: A policy that is elsewhere is not to be had as it is pinned.
    """

    def __init__(self, policies: Mapping[str, Json] | None = None, root: str | Path | None = None) -> None:
        self.root = project_root(root)
        if policies is None:
            from flowyml_infra.definition.project_config import ProjectConfig

            config = ProjectConfig.load(self.root)
            files = PolicyFiles(self.root, lambda: StackResolver(self.root).loading())
            self.policies = load_project_policies(self.root, config.policies_document, config.location_of, files)
        else:
            self.policies = load_policies(policies)

    def validate(self, stack: StackDefinition | Definable, environment: str = "default") -> Decision:
        """What the policies say about its name, labels and image: ``.outcome`` and ``.findings``.

        Facts about the image, such as its labels, are asked of its registry when a rule needs them.

        Raises:
            DefinitionError: The stack's own definition is wrong.
        """
        definition = as_definition(stack)
        subject = PolicySubject(definition.name, environment, definition.labels, definition.image, purpose="run")
        facts = collect(subject, self.policies, local_files(self.root))
        return evaluate(replace(subject, facts=facts), self.policies)
