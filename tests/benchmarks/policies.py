"""Measures the evaluation of policies over one stack with N resources, without making a plan of them.

    python tests/benchmarks/policies.py [--size 10000] [--rego]

The figure is the CPU time of this process for one evaluation of thirteen rules; with ``--rego``, also of two policies
in Rego over the same resources: one that looks at a property by its name, and one that looks at all of them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from flowyml_infra.policy.engine import evaluate
from flowyml_infra.policy.files import local_files
from flowyml_infra.policy.loading import load_policies
from flowyml_infra.policy.policy_set import PolicySet
from tests.support.policies import change, subject

POLICIES: dict[str, Any] = {
    "allowed_stacks": ["prod-*"],
    "required_labels": {"team": ["ml"]},
    "rules": {
        "public_access": {},
        "allowed_regions": ["eu-*"],
        "allowed_kinds": ["aws.*"],
        "sizes": {"max_nodes": 10, "machine_types": ["m5.*"], "max_disk_gib": 100},
        "encryption": {"customer_keys": True},
        "network_exposure": ["in", "out"],
        "stateful_changes": {},
        "retention": {"minimum": {"backup_days": 7}, "versioning": True},
        "who_may_apply": ["*"],
    },
    "budgets": {"gpus": 10, "monthly_cost": {"limit": 1e9}},
    "prices": {"currency": "EUR", "kinds": {"aws.*": 1}},
}
REGO = """\
package main

deny contains msg if {
  some change in input.changes
  change.kind == "bucket"
  not change.after.versioning
  msg := sprintf("%s has no versioning", [change.address])
}
"""
WHOLE = """\
package main

deny contains msg if {
  some change in input.changes
  some name, value in change.after
  value == "forbidden"
  msg := sprintf("%s has %s", [change.address, name])
}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=10_000)
    parser.add_argument("--rego", action="store_true")
    arguments = parser.parse_args()
    measure("thirteen rules", load_policies(POLICIES), arguments.size)
    if arguments.rego:
        measure("Rego by name", rego(REGO), arguments.size)
        measure("Rego of everything", rego(WHOLE), arguments.size)


def rego(source: str) -> PolicySet:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "main.rego").write_text(source)
        return load_policies({"rego": ["main.rego"]}, local_files(Path(folder)))


def measure(what: str, policies: PolicySet, size: int) -> None:
    kinds = ("aws.bucket", "aws.node_group")
    resources = [change(f"{kinds[n % 2]}.r{n}", region="eu-west-1", kms_key="k") for n in range(size)]
    judged = subject(*resources, labels={"team": "ml"})
    began = time.process_time()
    decision = evaluate(judged, policies)
    seconds = time.process_time() - began
    print(f"{what}, {size:,} resources: {decision.outcome} in {seconds:.2f} s of CPU time")


if __name__ == "__main__":
    main()
