"""Owns what planning and applying take from outside: sensitive variables, other stacks' outputs, the keyed digest."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from flowyml_infra.errors import OutputError
from flowyml_infra.outputs.resolution import read_variable
from flowyml_infra.plan.planner import Surroundings
from flowyml_infra.resources.values import Sealed, Secret, Unknown
from flowyml_infra.state.key import DeploymentKey
from flowyml_infra.state.unsealing import unseal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flowyml_infra.plan.saved import SavedPlan
    from flowyml_infra.resources.values import Json, StackReference, Value, Variable
    from flowyml_infra.state.store import Sealer, StateReader


class Outside:
    """Gathers values for one stack in one environment, and remembers the sensitive variables it gave out.

    Attributes:
        variables: Those given out so far, by name.
        asked: Whether anything was asked for.

    Args:
        environment: The environment, in which other stacks are looked up too.
        reader: The recorded state.
        sealer: Makes the state's encryption when it is first needed.
        given: Clear values of sensitive variables that take the place of the process environment.
    """

    def __init__(
        self,
        environment: str,
        reader: StateReader,
        sealer: Callable[[], Sealer],
        given: Mapping[str, Secret] | None = None,
    ) -> None:
        self._environment = environment
        self._reader = reader
        self.sealer = sealer
        self._given = given
        self.variables: dict[str, Secret] = {}
        self.asked = False

    def variable(self, variable: Variable) -> Value:
        """The value of a sensitive variable.

        Raises:
            OutputError: It is not set and has no default.
        """
        self.asked = True
        secret = self._secret(variable)
        self.variables[variable.name] = secret
        return secret

    def _secret(self, variable: Variable) -> Secret:
        if self._given is not None and variable.name in self._given:
            return self._given[variable.name]
        return read_variable(variable, os.environ)

    def stack_output(self, reference: StackReference) -> Value:
        """An output of another stack in the same environment; an unknown while that stack is not applied.

        Raises:
            OutputError: The stack is applied and has no such output.
        """
        self.asked = True
        key = DeploymentKey(reference.stack, self._environment)
        snapshot = self._reader.snapshot(key)
        if not snapshot.outputs:
            return Unknown()
        component = snapshot.outputs.get(reference.component, {})
        if reference.output not in component:
            raise OutputError(
                f"the stack {reference.stack} has no output {reference.component}.{reference.output}",
                hint=f"`flowyml-infra output --env {self._environment}` of that stack lists what it has",
            )
        return unseal_output(component[reference.output], snapshot.lineage or "", reference.component, self.sealer)

    def digest(self, value: Json) -> str:
        """The state's keyed digest."""
        return self.sealer().digest(value)

    def sealed_variables(self, plan_id: str) -> dict[str, Sealed]:
        """The sensitive variables given out so far, sealed for the file of the plan ``plan_id``."""
        return {
            name: self.sealer().seal(secret, _variable_binding(plan_id, name))
            for name, secret in sorted(self.variables.items())
        }

    def surroundings(self, policy_digest: str, engines: Mapping[str, str], again: SavedPlan | None) -> Surroundings:
        """These values as the planner takes them; ``again`` is a saved plan that is made again."""
        return Surroundings(
            variable=self.variable,
            stack_output=self.stack_output,
            digest=self.digest,
            policy_digest=policy_digest,
            engines=engines,
            plan_id=again.id if again else "",
            lineage=again.bindings.lineage if again else "",
        )


def unseal_output(value: Value, lineage: str, component: str, sealer: Callable[[], Sealer]) -> Value:
    """``value``, an output of ``component``, with secrets in the clear."""
    return unseal(value, f"{lineage}/outputs/{component}", sealer)


def unseal_variables(saved: SavedPlan, sealer: Callable[[], Sealer]) -> dict[str, Secret]:
    """The sensitive variables that a saved plan was made with."""
    return {name: sealer().unseal(item, _variable_binding(saved.id, name)) for name, item in saved.variables.items()}


def _variable_binding(plan_id: str, name: str) -> str:
    return f"plan/{plan_id}/{name}"
