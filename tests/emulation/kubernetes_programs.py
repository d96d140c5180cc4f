"""Owns which Kubernetes programs the tests run, at which versions, and how they are built."""

from __future__ import annotations

from pathlib import Path

from tests.emulation import cache, go_programs

MINOR, PATCH = 35, 4
VERSION = f"1.{MINOR}.{PATCH}"
ETCD_VERSION = "3.6.16"


def kubernetes() -> Path:
    """The folder of ``kube-apiserver`` and ``kube-controller-manager``, built when they are not there."""
    return cache.built(f"kubernetes-{VERSION}", _build_kubernetes)


def etcd() -> Path:
    """The program ``etcd``; what distributions carry is too old for this API server."""
    return cache.built(f"etcd-{ETCD_VERSION}", _build_etcd) / "etcd"


def _build_kubernetes(into: Path) -> None:
    module, version = "k8s.io/kubernetes", f"v{VERSION}"
    programs = go_programs.GoPrograms(
        module=module,
        version=version,
        packages=(f"{module}/cmd/kube-apiserver", f"{module}/cmd/kube-controller-manager"),
        variables={
            "k8s.io/component-base/version.gitVersion": version,
            "k8s.io/component-base/version.gitMajor": "1",
            "k8s.io/component-base/version.gitMinor": str(MINOR),
        },
        # The staging modules are published as v0.MINOR.PATCH of the same release.
        replaced=go_programs.local_replacements(module, version, f"v0.{MINOR}.{PATCH}"),
    )
    go_programs.build(programs, into)


def _build_etcd(into: Path) -> None:
    module = "go.etcd.io/etcd/server/v3"
    go_programs.build(go_programs.GoPrograms(module, f"v{ETCD_VERSION}", (module,)), into)
    (into / "server").rename(into / "etcd") if (into / "server").exists() else (into / "v3").rename(into / "etcd")
