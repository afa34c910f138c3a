"""Secrets that must be read again (access codes of printers) are encrypted in the database."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.fernet import Fernet


class CannotOpen(Exception):
    """The value was sealed with another secret (SPOOLGRAPH_SECRET_KEY changed)."""


class Sealer:
    """Seals and opens texts once it was given the farm's secret."""

    def __init__(self) -> None:
        self._secret: str | None = None
        self._fernet: Fernet | None = None

    def unlock(self, secret: str) -> None:
        """Keep the farm's secret, from which the key for sealing is derived when it is needed."""
        self._secret, self._fernet = secret, None

    def seal(self, text: str) -> bytes:
        """Encrypt a text; the same text never looks the same twice."""
        return self._unlocked().encrypt(text.encode())

    def open(self, sealed: bytes) -> str:
        """Decrypt; raises `CannotOpen` when the secret is another one."""
        from cryptography.fernet import InvalidToken

        try:
            return self._unlocked().decrypt(sealed).decode()
        except InvalidToken:
            raise CannotOpen(
                "An access code was sealed with another SPOOLGRAPH_SECRET_KEY: enter it again."
            ) from None

    def _unlocked(self) -> Fernet:
        if self._secret is None:
            raise RuntimeError("the sealer has no secret yet")
        if self._fernet is None:
            self._fernet = _key_of(self._secret)
        return self._fernet


def _key_of(secret: str) -> Fernet:
    # Large: loaded with the first access code there is.
    from cryptography.fernet import Fernet
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"spoolgraph sealing")
    return Fernet(base64.urlsafe_b64encode(kdf.derive(secret.encode())))
