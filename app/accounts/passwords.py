"""Passwords: argon2id, computed off the event loop in a small pool of its own."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 8
MAX_LENGTH = 1024

_hasher = PasswordHasher()
# Each check takes a tenth of a second of a core and 64 MB; two at once keep a small machine alive.
_pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")
_nobody: list[str] = []


async def hash_password(password: str) -> str:
    """The text to store for a password."""
    return await asyncio.get_running_loop().run_in_executor(_pool, _hasher.hash, password)


async def verify_password(stored: str | None, password: str) -> bool:
    """True when `password` is the one behind `stored`.

    Without an account (`stored` is None) a hash that nothing matches is checked all the same, so
    that the time taken does not tell whether the account exists.
    """
    if stored is None:
        if not _nobody:
            _nobody.append(await hash_password("nobody has this password"))
        await _verify(_nobody[0], password)
        return False
    return await _verify(stored, password)


def needs_rehash(stored: str) -> bool:
    """True when the hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(stored)


async def _verify(stored: str, password: str) -> bool:
    def check() -> bool:
        try:
            return _hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    return await asyncio.get_running_loop().run_in_executor(_pool, check)
