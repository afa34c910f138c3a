"""Signatures as Standard Webhooks describe them (https://www.standardwebhooks.com)."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping
from datetime import datetime

from standardwebhooks.webhooks import Webhook as Signer

from app.errors import Invalid

PREFIX = "whsec_"
MAX_SECRET = 256
_NEW_BYTES = 32


def new_secret() -> str:
    """A secret in the form receivers' libraries take."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_NEW_BYTES)).decode()


def checked_secret(secret: str) -> str:
    """A secret somebody gave, as it is. Raises `Invalid` naming the field, never the value."""
    if not secret.strip():
        raise Invalid("A secret must not be empty.", field="secret")
    if len(secret) > MAX_SECRET:
        raise Invalid(f"A secret has at most {MAX_SECRET} characters.", field="secret")
    try:
        key_of(secret)
    except UnicodeEncodeError:
        raise Invalid("A secret is text.", field="secret") from None
    except ValueError:
        raise Invalid(
            f"What follows `{PREFIX}` must be base64; another secret begins otherwise.",
            field="secret",
        ) from None
    return secret


def key_of(secret: str) -> bytes:
    """The bytes that sign: decoded base64 behind `whsec_`, else the secret in UTF-8.

    Raises `ValueError` when it is neither.
    """
    if not secret.startswith(PREFIX):
        return secret.encode()
    written = secret.removeprefix(PREFIX)
    try:
        key = base64.b64decode(written + "=" * (-len(written) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if not key:
        raise ValueError("nothing behind the prefix")
    return key


def signed_headers(secret: str, message_id: str, at: datetime, body: str) -> Mapping[str, str]:
    """The three headers of one attempt, made at an aware time."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Signer(key_of(secret)).sign(message_id, at, body),
    }
