"""Owns the stand-in for ``aws:batch/jobQueue:JobQueue``: a queue whose environments are there."""

from __future__ import annotations

from typing import Any

from tests.emulation.plugin.aws import batch_machines, questions, tagging
from tests.emulation.plugin.aws.resource import Resource
from tests.emulation.plugin.aws.rules import Part, Rules
from tests.emulation.plugin.failures import RefusedError
from tests.emulation.plugin.handling import Properties, State

MOST = 3


def _orders_problem(given: list[Properties]) -> str | None:
    places = [item["order"] for item in given]
    if not 1 <= len(given) <= MOST or len(set(places)) < len(places):
        return f"one to {MOST} environments are needed, each with an order of its own: {places}"
    return None


class JobQueue(Resource):
    """A queue of jobs."""

    service = "batch"
    named_by = ""
    rules = Rules(
        known=frozenset({"name", "priority", "state", "computeEnvironmentOrders", "tags"}),
        required=("priority", "state", "computeEnvironmentOrders"),
        replacing=("name",),
        name_input="name",
        name_pattern=batch_machines.NAME,
        explicit_name_deletes_first=False,
        questions={
            "priority": questions.between(0, 1000),
            "state": questions.one_of(*batch_machines.STATES),
            "computeEnvironmentOrders": _orders_problem,
        },
        parts={
            "computeEnvironmentOrders": Part(
                frozenset({"order", "computeEnvironment"}), ("order", "computeEnvironment")
            )
        },
    )
    computed = ("arn", "tagsAll")

    def make(self, inputs: Properties) -> str:
        client = self.client(self.region(inputs))
        self._check_machines(client, inputs)
        made = client.create_job_queue(
            jobQueueName=inputs["name"],
            priority=inputs["priority"],
            state=inputs["state"],
            computeEnvironmentOrder=inputs["computeEnvironmentOrders"],
            tags=inputs.get("tags") or {},
        )
        return str(made["jobQueueArn"])

    def change(self, state: State, news: Properties) -> None:
        client = self.client(self.region(news))
        self._check_machines(client, news)
        client.update_job_queue(
            jobQueue=state.id,
            priority=news["priority"],
            state=news["state"],
            computeEnvironmentOrder=news["computeEnvironmentOrders"],
        )
        if gone := tagging.removed(state.outputs.get("tags"), news.get("tags")):
            client.untag_resource(resourceArn=state.id, tagKeys=gone)
        if news.get("tags"):
            client.tag_resource(resourceArn=state.id, tags=news["tags"])

    def find(self, identity: str, region: str) -> Properties | None:
        found = next(iter(self.client(region).describe_job_queues(jobQueues=[identity])["jobQueues"]), None)
        if found is None:
            return None
        return {
            "name": found["jobQueueName"],
            "arn": found["jobQueueArn"],
            "priority": found["priority"],
            "state": found["state"],
            "computeEnvironmentOrders": found["computeEnvironmentOrder"],
            **tagging.outputs(found.get("tags", {})),
        }

    def remove(self, state: State) -> None:
        client = self.client(self.region(state.outputs))
        if self.find(state.id, self.region(state.outputs)) is None:
            return
        # As the official plugin does it: off first, and then away.
        client.update_job_queue(jobQueue=state.id, state="DISABLED")
        batch_machines.forget_tags(client, state.id)
        client.delete_job_queue(jobQueue=state.id)

    def _check_machines(self, client: Any, inputs: Properties) -> None:
        for order in inputs["computeEnvironmentOrders"]:
            found = batch_machines.described(client, order["computeEnvironment"])
            if found is None or found["status"] != "VALID":
                raise RefusedError(f"ClientException: {order['computeEnvironment']} is not a valid compute environment")
