"""Owns the digest of a plan: equal for plans that would do the same to the same state under the same policy."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import TYPE_CHECKING

from flowyml_infra.plan.changes import Create, Delete, Forget, Import, NoOp, Replace
from flowyml_infra.plan.document import sides
from flowyml_infra.resources.values import Sealed, Secret, canonical_json, encode, transform

if TYPE_CHECKING:
    from flowyml_infra.plan.changes import Change
    from flowyml_infra.plan.plan import Plan
    from flowyml_infra.resources.values import Json, Leaf, Value


def plan_digest(plan: Plan) -> str:
    """SHA-256, in hexadecimal, over the deployment, the bindings, the options and every change that does something.

    Secrets count as present, not by value: their values are bound by the sealed variables of the plan.
    """
    body: Json = {
        "key": str(plan.key),
        "bindings": {**asdict(plan.bindings), "engines": dict(plan.bindings.engines)},
        "options": [
            [str(item) for item in plan.options.targets],
            [str(item) for item in plan.options.excludes],
            [str(item) for item in plan.options.replace],
            plan.options.destroy,
            plan.options.refresh,
        ],
        "changes": [_change(change) for change in plan.changes if not isinstance(change, NoOp) or change.rewrite],
        "moves": [[str(move.source), str(move.target)] for move in plan.moves],
        "outputs": {name: _values(values) for name, values in plan.outputs.items()},
    }
    return hashlib.sha256(canonical_json(body).encode()).hexdigest()


def _change(change: Change) -> Json:
    before, after = sides(change)
    row = None if isinstance(change, (Create, Import)) else change.row
    resumed = change.resumes if isinstance(change, Create) else row
    return [
        str(change.address),
        change.action,
        _values(dict(before)),
        _values(dict(after)),
        [resumed.creation_id, resumed.generation, str(resumed.status)] if resumed else None,
        change.order if isinstance(change, Replace) else None,
        change.spec.digest if not isinstance(change, (Delete, Forget)) else None,
    ]


def _values(values: dict[str, Value]) -> Json:
    return encode(transform(values, _stand_in))


def _stand_in(_path: str, leaf: Leaf) -> Value:
    return {"secret": True} if isinstance(leaf, (Secret, Sealed)) else leaf
