"""Owns the saved-plan format: bytes that only the state they were made from accepts, unchanged.

A saved plan holds the compiled definition, what was asked for, what the plan is bound to and its digest, and beside
them the contracted document for people and tools. The changes themselves are made anew at apply, from the same inputs,
and have to come out with the same digest.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, cast

from flowyml_infra.address import Address
from flowyml_infra.errors import StalePlanError
from flowyml_infra.plan.plan import Bindings, PlanOptions
from flowyml_infra.plan.refreshed import Refreshed
from flowyml_infra.resources.clear_secrets import clear_secrets
from flowyml_infra.resources.compiled_codec import decode_compiled, encode_compiled
from flowyml_infra.resources.values import Sealed, Secret, canonical_json
from flowyml_infra.state.key import DeploymentKey
from flowyml_infra.state.row import ResourceRow, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.plan.plan import Plan
    from flowyml_infra.resources.compiled import Compiled
    from flowyml_infra.resources.values import Json
    from flowyml_infra.state.store import Sealer

SAVED_FORMAT = 1
_MAGIC = "flowyml-infra plan"


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A plan as a file holds it: everything that making it again needs, and the digest that has to come out.

    Attributes:
        request: How the source is found again: ``stack``, ``env``, ``force_env``, ``file``.
        document: The contracted plan document, as it was when the plan was saved.
    """

    id: str
    key: DeploymentKey
    compiled: Compiled
    options: PlanOptions
    bindings: Bindings
    refreshed: Refreshed
    variables: Mapping[str, Sealed]
    digest: str
    request: dict[str, Any]
    document: dict[str, Json]


def dump_plan(plan: Plan, document: dict[str, Json], request: Mapping[str, Json], sealer: Sealer) -> bytes:
    """The file's bytes: one JSON object with the plan and its signature.

    A definition in which a secret may stand, if only as the default of a variable, is sealed as a whole.
    """
    compiled: Json = encode_compiled(plan.compiled)
    if plan.compiled.secrets or clear_secrets(plan.compiled):
        sealed = sealer.seal(Secret(compiled), _binding(plan.id))
        compiled = [sealed.token, sealed.digest]
    body: Json = {
        "id": plan.id,
        "stack": plan.key.stack,
        "environment": plan.key.environment,
        "compiled": compiled,
        "options": {
            "targets": [str(item) for item in plan.options.targets],
            "excludes": [str(item) for item in plan.options.excludes],
            "replace": [str(item) for item in plan.options.replace],
            "destroy": plan.options.destroy,
            "refresh": plan.options.refresh,
        },
        "bindings": {**asdict(plan.bindings), "engines": dict(plan.bindings.engines)},
        "refreshed": {"gone": _rows(plan.refreshed.gone), "changed": _rows(plan.refreshed.changed)},
        "variables": {name: [item.token, item.digest] for name, item in plan.variables.items()},
        "digest": plan.digest,
        "request": dict(request),
        "document": document,
    }
    text = canonical_json(body)
    return canonical_json(
        {"magic": _MAGIC, "format": SAVED_FORMAT, "plan": text, "signature": sealer.sign(text.encode())}
    ).encode()


def is_saved_plan(head: bytes) -> bool:
    """Whether a file that begins with ``head`` (64 bytes are enough) is a saved plan, by its first key."""
    return head.startswith(b'{"format":')


def load_plan(data: bytes, sealer: Sealer, name: str) -> SavedPlan:
    """The plan in ``data``, the content of the file ``name``.

    Raises:
        StalePlanError: It is no saved plan, was edited, or was made from another state.
    """
    text = _verified(data, sealer, name)
    body = json.loads(text)
    options, compiled = body["options"], body["compiled"]
    if isinstance(compiled, list):
        compiled = sealer.unseal(Sealed(*compiled), _binding(body["id"])).value
    return SavedPlan(
        id=body["id"],
        key=DeploymentKey(body["stack"], body["environment"]),
        compiled=decode_compiled(compiled),
        options=PlanOptions(
            tuple(map(Address, options["targets"])),
            tuple(map(Address, options["excludes"])),
            tuple(map(Address, options["replace"])),
            options["destroy"],
            options["refresh"],
        ),
        bindings=Bindings(**body["bindings"]),
        refreshed=Refreshed(_load_rows(body["refreshed"]["gone"]), _load_rows(body["refreshed"]["changed"])),
        variables={key: Sealed(token, digest) for key, (token, digest) in body["variables"].items()},
        digest=body["digest"],
        request=body["request"],
        document=body["document"],
    )


def _verified(data: bytes, sealer: Sealer, name: str) -> str:
    again = "make a new one with `flowyml-infra plan --out FILE`"
    try:
        outer = json.loads(data)
        magic, version, text, signature = outer["magic"], outer["format"], outer["plan"], outer["signature"]
        signed = magic == _MAGIC and isinstance(text, str) and isinstance(signature, str)
    except (ValueError, KeyError, TypeError) as error:
        raise StalePlanError(f"{name} is not a saved plan", code="plan.unreadable", hint=again) from error
    if version != SAVED_FORMAT:
        raise StalePlanError(f"{name} has plan format {version}; this version reads {SAVED_FORMAT}", hint=again)
    if not signed or not hmac.compare_digest(sealer.sign(text.encode("utf-8", "replace")).encode(), _plain(signature)):
        raise StalePlanError(
            f"{name} was edited, or made from another state: its signature does not fit",
            code="plan.edited",
            hint=again,
        )
    return cast("str", text)


def _binding(plan_id: str) -> str:
    """What a sealed definition is sealed for."""
    return f"plan-definition/{plan_id}"


def _plain(signature: str) -> bytes:
    return signature.encode("utf-8", "replace")


def _rows(rows: tuple[ResourceRow, ...]) -> list[Json]:
    return [{**asdict(row), "address": str(row.address), "status": str(row.status)} for row in rows]


def _load_rows(data: list[dict[str, object]]) -> tuple[ResourceRow, ...]:
    return tuple(
        ResourceRow(**{**item, "address": Address(str(item["address"])), "status": Status(str(item["status"]))})  # type: ignore[arg-type]
        for item in data
    )
