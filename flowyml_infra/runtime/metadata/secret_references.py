"""Owns the reading of a password by the reference that a component gives in its place."""

from __future__ import annotations

import json
import os
import re
from typing import Final

from flowyml_infra.errors import OutputError

_AWS: Final = re.compile(r"arn:aws[a-z-]*:secretsmanager:(?P<region>[a-z0-9-]+):\d+:secret:.+")
_DRIVERS_OWN: Final = "PGPASSWORD"


def read_password(reference: str) -> str | None:
    """The password that ``reference`` stands for, as it is now; None where the driver's own variable has it.

    Raises:
        OutputError: It cannot be read.
    """
    found = _AWS.fullmatch(reference)
    if found is not None:
        return _password(_in_secrets_manager(reference, found["region"]))
    if os.environ.get(_DRIVERS_OWN):
        return None
    raise OutputError(
        f"the metadata store's password is in {reference}, which cannot be read from here",
        code="output.secret",
        hint=f"name a secret of AWS Secrets Manager by its ARN, or set {_DRIVERS_OWN}",
    )


def _in_secrets_manager(arn: str, region: str) -> str:
    """See https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html."""
    try:
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.session import get_session
    except ImportError as error:
        raise OutputError(
            f"the metadata store's password is in AWS Secrets Manager, and botocore is missing: {error}",
            code="output.secret",
            hint="install it with `pip install 'flowyml-infra[aws]'`",
        ) from error
    try:
        client = get_session().create_client("secretsmanager", region_name=region)
        text: str = client.get_secret_value(SecretId=arn)["SecretString"]
    except (BotoCoreError, ClientError) as error:
        raise OutputError(
            f"the metadata store's password cannot be read from AWS Secrets Manager: {error}",
            code="output.secret",
            hint=f"who runs pipelines needs secretsmanager:GetSecretValue on {arn}, and kms:Decrypt on its key",
        ) from error
    return text


def _password(text: str) -> str:
    """What RDS and the console keep is JSON with the password in it; what people keep may be the password alone."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    if not isinstance(value, dict):
        return text
    password = value.get("password")
    if not isinstance(password, str):
        raise OutputError(
            "the secret with the metadata store's password has no 'password' in it",
            code="output.secret",
            hint="keep the password alone in it, or JSON with the key password",
        )
    return password
