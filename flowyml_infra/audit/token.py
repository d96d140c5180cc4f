"""Owns the identity token of a job: what it claims, and whether the issuer that flowyml.yaml trusts has signed it.

``cryptography`` is loaded only where there is a token and somebody to trust.
"""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from flowyml_infra.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

# Who, for whom and when, of any issuer; then what GitHub Actions and GitLab CI add.
_CLAIMS = (
    *("iss", "sub", "aud", "jti", "iat", "exp"),
    *("repository", "ref", "sha", "workflow_ref", "run_id", "actor", "environment"),
    *("project_path", "pipeline_id", "job_id", "user_login"),
)
_LONGEST_TOKEN = 16_384
_LEEWAY_SECONDS: Final = 60
"""How far two clocks may be apart."""


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose tokens are believed.

    Attributes:
        issuer: What ``iss`` has to be.
        audience: What ``aud`` has to have: a token for somebody else is none for us.
        keys: The issuer's public keys by ``kid``.
    """

    issuer: str
    audience: str
    keys: Mapping[str, RSAPublicKey | EllipticCurvePublicKey]


def token_claims(token: str, trust: Trust | None = None) -> dict[str, object]:
    """What ``token`` says, and under ``verified`` whether ``trust`` stands for it. Empty for what is no token.

    The claims are those of OpenID Connect, of GitHub (https://docs.github.com/actions/concepts/security/openid-connect)
    and of GitLab (https://docs.gitlab.com/ci/secrets/id_token_authentication/).
    """
    parts = token.split(".")
    if len(parts) != 3 or len(token) > _LONGEST_TOKEN:
        return {}
    claims = _decode(parts[1])
    found = {name: claims[name] for name in _CLAIMS if isinstance(claims.get(name), str | int | list)}
    if not found:
        return {}
    return {**found, "verified": trust is not None and _holds(trust, token, claims, time.time())}


def read_keys(data: bytes, shown: str) -> dict[str, RSAPublicKey | EllipticCurvePublicKey]:
    """The public keys of a JSON Web Key Set (RFC 7517): RSA of 2,048 bits or more, and P-256.

    Raises:
        AuditError: ``data``, the content of ``shown``, is none, or has no such key.
    """
    try:
        entries = json.loads(data)["keys"]
        found = {str(entry["kid"]): key for entry in entries if (key := _key(entry)) is not None}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _no_keys(shown) from error
    if not found:
        raise _no_keys(shown)
    return found


def _no_keys(shown: str) -> AuditError:
    return AuditError(
        f"{shown} holds no keys that tokens could be checked with",
        code="audit.token_keys",
        hint="save what the issuer's `jwks_uri` answers; /.well-known/openid-configuration of the issuer names it",
    )


def _key(entry: Mapping[str, Any]) -> RSAPublicKey | EllipticCurvePublicKey | None:
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicNumbers
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

    if entry.get("use", "sig") != "sig":
        return None
    if entry["kty"] == "RSA":
        key = RSAPublicNumbers(_number(entry["e"]), _number(entry["n"])).public_key()
        return key if key.key_size >= 2048 else None
    if entry["kty"] == "EC" and entry["crv"] == "P-256":
        return EllipticCurvePublicNumbers(_number(entry["x"]), _number(entry["y"]), SECP256R1()).public_key()
    return None


def _holds(trust: Trust, token: str, claims: Mapping[str, Any], now: float) -> bool:
    head, body, signature = token.split(".")
    header = _decode(head)
    # An extension that has to be understood is not, here.
    key = None if "crit" in header else trust.keys.get(str(header.get("kid")))
    audience = claims.get("aud")
    if key is None or claims.get("iss") != trust.issuer:
        return False
    if trust.audience not in (audience if isinstance(audience, list) else [audience]):
        return False
    until, since = claims.get("exp"), claims.get("nbf", claims.get("iat", 0))
    if not isinstance(until, int | float) or not isinstance(since, int | float):
        return False
    if not since - _LEEWAY_SECONDS <= now < until + _LEEWAY_SECONDS:
        return False
    return _is_signed(key, str(header.get("alg")), f"{head}.{body}".encode(), _bytes(signature))


def _is_signed(key: RSAPublicKey | EllipticCurvePublicKey, algorithm: str, text: bytes, signature: bytes) -> bool:
    """Whether ``signature`` is that of ``key``, whose sort decides what the header may say, and not the header."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256

    try:
        if isinstance(key, RSAPublicKey):
            key.verify(signature, text, PKCS1v15(), SHA256())
            return algorithm == "RS256"
        r, s = (int.from_bytes(part, "big") for part in (signature[:32], signature[32:]))
        key.verify(encode_dss_signature(r, s), text, ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return algorithm == "ES256" and len(signature) == 64


def _decode(part: str) -> dict[str, Any]:
    try:
        found = json.loads(_bytes(part))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _bytes(part: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        return b""


def _number(text: str) -> int:
    return int.from_bytes(_bytes(text), "big")
