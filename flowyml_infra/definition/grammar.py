"""Owns what single texts of a definition must look like, and what to write when they do not."""

from __future__ import annotations

import re
from typing import Final

from flowyml_infra.address import NAME, Address
from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.errors import GraphError

LONGEST_LABEL: Final = 256
_VERSION: Final = re.compile(
    # https://semver.org/spec/v2.0.0.html, section 2, 9 and 10
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(?:-(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*)?"
    r"(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?",
    re.ASCII,
)
_PYTHON: Final = re.compile(r"3\.(0|[1-9]\d?)(\.(0|[1-9]\d?))?", re.ASCII)
_LABEL: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?")
_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?", re.ASCII)
_IMAGE_PATH: Final = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
_TAG: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_IMAGE_DIGEST: Final = re.compile(r"[a-z0-9]+:[0-9a-f]{32,}")
_QUANTITY: Final = re.compile(r"\d+(\.\d+)?(m|[kMGTP]|[KMGTP]i|[MGT]B)?", re.ASCII)
_DURATION: Final = re.compile(r"[1-9]\d*[mhdw]", re.ASCII)
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(//)?")
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S")
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,254}")
_ENDPOINTS: Final = ("http", "https")

ARTIFACT_SCHEMES: Final = ("file", "s3", "gs", "gcs", "abfs", "abfss", "az", "adl", "wasb", "wasbs", "http", "https")
METADATA_SCHEMES: Final = ("file", "sqlite", "postgresql", "postgres", "mysql", "http", "https")


class GrammarError(ValueError):
    """A text does not look as it must; the message is a clause that follows the name of the field."""

    def __init__(self, clause: str, hint: str | None = None) -> None:
        super().__init__(clause)
        self.hint = hint


def check_name(text: str) -> None:
    """A stack, environment, resource or component name.

    Raises:
        GrammarError: It is none.
    """
    if NAME.fullmatch(text):
        return
    if not text:
        raise GrammarError("is empty", "a name begins with a letter, for example training")
    if len(text) > 63:
        raise GrammarError(f"is {len(text)} characters long; 63 are allowed", "shorten the name")
    slug = re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-")
    slug = slug if NAME.fullmatch(slug) else f"stack-{slug}"
    hint = f"write {slug}" if NAME.fullmatch(slug) else "begin with a letter"
    raise GrammarError(
        f"is {text!r}, which is no name: lower-case letters, digits, - and _, beginning with a letter", hint
    )


def check_stack_choice(text: str) -> None:
    """What stands for a stack in flowyml.yaml: its name, its name and a range of versions, or a URI.

    Raises:
        GrammarError: It is none.
    """
    if _URI.match(text):
        return
    name, separator, versions = text.partition("@")
    check_name(name)
    if separator and not versions.strip():
        raise GrammarError(f"is {text!r}, which says no versions", f"write for example {name}@^2.1")


def check_version(text: str) -> None:
    """A semantic version.

    Raises:
        GrammarError: It is none.
    """
    if _VERSION.fullmatch(text):
        return
    if text[:1] in ("v", "V") and _VERSION.fullmatch(text[1:]):
        raise GrammarError(f"is {text!r}, which is no semantic version", f'leave out the v: "{text[1:]}"')
    numbers = re.fullmatch(r"(\d+)(\.\d+)?", text)
    padded = f"{text}.0" if numbers and numbers[2] else f"{text}.0.0"
    example = padded if numbers and _VERSION.fullmatch(padded) else "2.1.0"
    raise GrammarError(f"is {text!r}, which is no semantic version", f'write three numbers, as in "{example}"')


def check_python(text: str) -> None:
    """A version of Python, ``3.11`` or ``3.11.4``.

    Raises:
        GrammarError: It is none.
    """
    if not _PYTHON.fullmatch(text):
        raise GrammarError(f"is {text!r}, which is no version of Python 3", 'write for example "3.11"')


def check_label(name: str, text: str) -> None:
    """A label's name and value.

    Raises:
        GrammarError: One of the two is not allowed.
    """
    if not _LABEL.fullmatch(name):
        raise GrammarError(
            f"has the name {name!r}, which is not allowed",
            "use 1 to 63 letters, digits and . _ - /, with a letter or digit at both ends",
        )
    if len(text) > LONGEST_LABEL:
        raise GrammarError(f"has a value of {len(text)} characters; {LONGEST_LABEL} are allowed", "shorten it")
    if not text.isprintable():
        raise GrammarError("has a value that cannot be printed", "write it in one line without control characters")


def check_image(text: str) -> None:
    """The name of a container image: ``[host[:port]/]path[:tag][@digest]``.

    Raises:
        GrammarError: It is none.
    """
    if "://" in text:
        raise GrammarError("has a scheme", f"leave out {text.split('://', 1)[0]}://")
    rest, at, digest = text.partition("@")
    if at and not _IMAGE_DIGEST.fullmatch(digest):
        raise GrammarError("has a digest that is none", "a digest reads @sha256:… with 64 hexadecimal digits")
    name, colon, tag = rest.rpartition(":")
    if not colon or "/" in tag:
        name, colon, tag = rest, "", ""
    if colon and not _TAG.fullmatch(tag):
        raise GrammarError(f"has the tag {tag!r}, which no registry takes", "a tag has letters, digits and . _ -")
    host, slash, path = name.partition("/")
    named = bool(slash) and ("." in host or ":" in host or host == "localhost")
    if named and not _HOST.fullmatch(host):
        raise GrammarError(f"names the registry {host!r}, which is no host", "write host/path:tag")
    repository = path if named else name
    if not _IMAGE_PATH.fullmatch(repository):
        lower = repository.lower()
        hint = f"write {lower}" if _IMAGE_PATH.fullmatch(lower) else "write host/path:tag, in lower case"
        raise GrammarError(f"has {repository!r} as the image's path, which no registry takes", hint)


def check_quantity(text: str) -> None:
    """An amount such as ``8``, ``500m``, ``32Gi``.

    Raises:
        GrammarError: It is none.
    """
    if not _QUANTITY.fullmatch(text):
        raise GrammarError(f"is {text!r}, which is no amount", "write a number with a unit, for example 32Gi")


def check_duration(text: str) -> None:
    """A time such as ``90m``, ``72h``, ``3d`` or ``2w``.

    Raises:
        GrammarError: It is none.
    """
    if not _DURATION.fullmatch(text):
        raise GrammarError(f"is {text!r}, which is no time", "write a number with m, h, d or w, for example 72h")


def check_address(text: str) -> None:
    """The address of a resource.

    Raises:
        GrammarError: It is none.
    """
    try:
        Address.parse(text)
    except GraphError as error:
        raise GrammarError(f"is {text!r}, which is no resource address", error.hint) from None


def check_identifier(text: str) -> None:
    """A name that some cloud gave: a region, a project, an account.

    Raises:
        GrammarError: It has characters that none of them uses.
    """
    if not _IDENTIFIER.fullmatch(text):
        raise GrammarError(f"is {text!r}, which is no identifier", "letters, digits and . _ : / @ - are allowed")


def check_endpoint(text: str) -> None:
    """The URL of a service.

    Raises:
        GrammarError: It is none.
    """
    if scheme_of(text) not in _ENDPOINTS or not text.split("://", 1)[-1].strip("/"):
        raise GrammarError("is no http(s) URL", "write https:// and the host")


def check_artifact_uri(text: str) -> None:
    """Where artifacts are kept: a path or a URL.

    Raises:
        GrammarError: It cannot be one.
    """
    _check_uri(
        text, ARTIFACT_SCHEMES, "s3://bucket, gs://bucket, abfs://container@account.dfs.core.windows.net or a path"
    )


def check_metadata_uri(text: str) -> None:
    """Where metadata are kept: a path or a database URL.

    Raises:
        GrammarError: It cannot be one.
    """
    _check_uri(text, METADATA_SCHEMES, "sqlite:///path, postgresql://host/database or a path")


def check_registry(text: str) -> None:
    """A container registry: ``host[/path]``, or ``oci:path`` for a folder on this machine.

    Raises:
        GrammarError: It cannot be one.
    """
    scheme = scheme_of(text)
    if scheme == "oci":
        if not text.removeprefix("oci:").removeprefix("//"):
            raise GrammarError("has no path after oci:", "write oci:./registry")
        return
    if scheme in _ENDPOINTS or scheme == "docker":
        raise GrammarError("has a scheme", f"leave out {scheme}://; a registry reads host/path")
    host, _, path = text.partition("/")
    if not _HOST.fullmatch(host) or (path and not _IMAGE_PATH.fullmatch(path.rstrip("/"))):
        raise GrammarError("is no registry", "write host/path, for example gcr.io/my-project, or oci:./folder")


def scheme_of(text: str) -> str | None:
    """The scheme of a URI in lower case without a driver (``postgresql`` of ``postgresql+psycopg://``), or None.

    A host with a port (``localhost:5000/x``) has none.
    """
    match = _SCHEME.match(text)
    if match is None or not (match[2] or match[1].lower() in ("oci", "file", "sqlite")):
        return None
    return match[1].lower().partition("+")[0]


def clear_password(text: str) -> bool:
    """Whether a URL carries a password that stands there for everybody to read."""
    match = re.match(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#@:]*:([^/?#@]+)@", text)
    return match is not None and not match[1].startswith("${")


def _check_uri(text: str, schemes: tuple[str, ...], forms: str) -> None:
    if not text.strip():
        raise GrammarError("is empty", f"write {forms}")
    scheme = scheme_of(text)
    if scheme is not None and scheme not in schemes:
        raise GrammarError(f"has the unknown scheme {scheme!r}", did_you_mean(scheme, schemes) or f"write {forms}")
    if scheme is None and re.match(r"[a-z0-9]+:", text) and not text.startswith("${"):
        raise GrammarError("is neither a path nor a URL", f"write {forms}")
    if scheme not in (None, "file", "sqlite") and not text.split("://", 1)[-1].strip("/"):
        raise GrammarError("names nothing after the scheme", f"write {forms}")
    if clear_password(text):
        raise GrammarError(
            "holds a password in the clear",
            "put it into an environment variable and write ${NAME_PASSWORD} instead; if it came from a variable, list "
            "that one under variables.sensitive in flowyml.yaml",
        )
