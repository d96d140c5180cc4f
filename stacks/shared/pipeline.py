"""Estimates pi from random points in parallel steps, and joins the estimates.

    flowyml-infra run pipeline.py --stack local            # on this machine, nothing provisioned
    flowyml-infra run pipeline.py --param points=1000000   # on the active stack, once it is applied

A pipeline for a first look at a stack.
"""

import random

from flowyml_infra import Pipeline, context, log_metric, step

PARTS = 4


def sampler(part):
    """A step that draws its own share of the points."""

    @step(name=f"sample_{part}", outputs=[f"inside_{part}"])
    def sample(points, seed):
        chance = random.Random(f"{seed}-{part}")
        return sum(chance.random() ** 2 + chance.random() ** 2 <= 1 for _ in range(points // PARTS))

    return sample


@step(inputs=[f"inside_{part}" for part in range(PARTS)], outputs=["estimate"])
def join(inside_0, inside_1, inside_2, inside_3, points):
    """Four times the share of the points that fell inside the quarter circle."""
    estimate = 4 * (inside_0 + inside_1 + inside_2 + inside_3) / (points // PARTS * PARTS)
    log_metric("estimate", estimate)
    return estimate


pipeline = Pipeline("pi", context=context(points=100_000, seed=7))
for number in range(PARTS):
    pipeline.add_step(sampler(number))
pipeline.add_step(join)

if __name__ == "__main__":
    print(pipeline.run().raise_for_status().outputs["estimate"])
