"""Owns which machine types of each cloud come with which accelerators, and how many of them.

Sources: https://aws.amazon.com/ec2/instance-types, https://cloud.google.com/compute/docs/gpus,
https://learn.microsoft.com/azure/virtual-machines/sizes/overview.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from flowyml_infra.diagnostics import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping


class Accelerators(NamedTuple):
    """What a machine has: the model as :func:`model_of` spells it, and how many."""

    model: str
    number: int


class Misfit(NamedTuple):
    """Why a machine and an accelerator do not go together: a clause that follows ``gpu``, and a cure."""

    clause: str
    hint: str | None


_BY_MODEL: Final[Mapping[str, Mapping[str, Mapping[int, str]]]] = {
    "aws": {
        "t4": {
            1: "g4dn.xlarge g4dn.2xlarge g4dn.4xlarge g4dn.8xlarge g4dn.16xlarge",
            4: "g4dn.12xlarge",
            8: "g4dn.metal",
        },
        "a10g": {
            1: "g5.xlarge g5.2xlarge g5.4xlarge g5.8xlarge g5.16xlarge",
            4: "g5.12xlarge g5.24xlarge",
            8: "g5.48xlarge",
        },
        "l4": {
            1: "g6.xlarge g6.2xlarge g6.4xlarge g6.8xlarge g6.16xlarge",
            4: "g6.12xlarge g6.24xlarge",
            8: "g6.48xlarge",
        },
        "v100": {1: "p3.2xlarge", 4: "p3.8xlarge", 8: "p3.16xlarge p3dn.24xlarge"},
        "a100": {8: "p4d.24xlarge"},
        "a100-80gb": {8: "p4de.24xlarge"},
        "h100": {1: "p5.4xlarge", 8: "p5.48xlarge"},
    },
    "gcp": {
        "l4": {
            1: "g2-standard-4 g2-standard-8 g2-standard-12 g2-standard-16 g2-standard-32",
            2: "g2-standard-24",
            4: "g2-standard-48",
            8: "g2-standard-96",
        },
        "a100": {1: "a2-highgpu-1g", 2: "a2-highgpu-2g", 4: "a2-highgpu-4g", 8: "a2-highgpu-8g", 16: "a2-megagpu-16g"},
        "a100-80gb": {1: "a2-ultragpu-1g", 2: "a2-ultragpu-2g", 4: "a2-ultragpu-4g", 8: "a2-ultragpu-8g"},
        "h100": {1: "a3-highgpu-1g", 2: "a3-highgpu-2g", 4: "a3-highgpu-4g", 8: "a3-highgpu-8g a3-megagpu-8g"},
    },
    "azure": {
        "v100": {1: "Standard_NC6s_v3", 2: "Standard_NC12s_v3", 4: "Standard_NC24s_v3"},
        "t4": {1: "Standard_NC4as_T4_v3 Standard_NC8as_T4_v3 Standard_NC16as_T4_v3", 4: "Standard_NC64as_T4_v3"},
        "a10": {1: "Standard_NV36ads_A10_v5", 2: "Standard_NV72ads_A10_v5"},
        "a100": {8: "Standard_ND96asr_v4"},
        "a100-80gb": {
            1: "Standard_NC24ads_A100_v4",
            2: "Standard_NC48ads_A100_v4",
            4: "Standard_NC96ads_A100_v4",
            8: "Standard_ND96amsr_A100_v4",
        },
        "h100": {1: "Standard_NC40ads_H100_v5", 2: "Standard_NC80adis_H100_v5", 8: "Standard_ND96isr_H100_v5"},
    },
}
"""The machine types that come with accelerators, by provider, model and number; smaller machines come first."""
ATTACHED: Final[Mapping[str, tuple[int, ...]]] = {
    "t4": (1, 2, 4),
    "p4": (1, 2, 4),
    "p100": (1, 2, 4),
    "v100": (1, 2, 4, 8),
}
"""What can be attached to an N1 machine of Google Cloud, and how many; no other machine anywhere takes any."""
_HOST: Final = "n1-standard-8"
_GOOGLE_NAMES: Final = {
    **{model: f"nvidia-tesla-{model}" for model in (*ATTACHED, "a100")},
    "a100-80gb": "nvidia-a100-80gb",
    "l4": "nvidia-l4",
    "h100": "nvidia-h100-80gb",
}


def model_of(gpu: str) -> str:
    """The model that ``gpu`` names, however its maker and its line are spelt: ``nvidia-tesla-v100`` is ``v100``."""
    text = gpu.lower().replace("_", "-").replace(" ", "-")
    for word in ("nvidia-", "tesla-"):
        text = text.removeprefix(word)
    return "h100" if text == "h100-80gb" else text


def google_name(gpu: str) -> str:
    """What Google Cloud calls the accelerator; one that is not known stays as it is written."""
    return _GOOGLE_NAMES.get(model_of(gpu), gpu)


def machine_for(provider: str, gpu: str, count: int) -> str | None:
    """The smallest machine type of ``provider`` that has ``count`` of this accelerator, or None."""
    model = model_of(gpu)
    if provider == "gcp" and count in ATTACHED.get(model, ()):
        return _HOST
    built_in = _BY_MODEL[provider].get(model, {})
    enough = min((there for there in built_in if there >= count), default=None)
    return None if enough is None else built_in[enough].split()[0]


def misfit(provider: str, gpu: str, count: int, machine: str | None) -> Misfit | None:
    """Why ``count`` of this accelerator cannot be had, on ``machine`` if one is named, or None when they can."""
    model = model_of(gpu)
    counts = {*_BY_MODEL[provider].get(model, ()), *(ATTACHED.get(model, ()) if provider == "gcp" else ())}
    if not counts:
        models = sorted({*_BY_MODEL[provider], *(ATTACHED if provider == "gcp" else ())})
        return Misfit(f"is {gpu!r}, which {provider} does not have", did_you_mean(model, models) or _listed(models))
    fitting = machine_for(provider, gpu, count)
    if fitting is None:
        hint = f"a machine has {', '.join(map(str, sorted(counts)))} of them"
        return Misfit(f"asks for {count} of {model}", hint)
    if machine is None or (provider == "gcp" and machine.startswith("n1-") and count in ATTACHED.get(model, ())):
        return None
    there = accelerators_of(provider, machine)
    if there is not None and there.model == model and there.number >= count:
        return None
    has = "no accelerators" if there is None else f"{there.number} of {there.model}"
    return Misfit(f"asks for {count} of {model}, and {machine} has {has}", f"choose {fitting}, which has them")


def accelerators_of(provider: str, machine: str) -> Accelerators | None:
    """What a machine of this type comes with, or None."""
    found = (
        Accelerators(model, count)
        for model, counts in _BY_MODEL[provider].items()
        for count, machines in counts.items()
        if machine in machines.split()
    )
    return next(found, None)


def _listed(models: list[str]) -> str:
    return f"there is {', '.join(models)}"
