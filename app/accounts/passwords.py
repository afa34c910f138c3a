"""Passwords: argon2id, computed off the event loop in a small pool of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.errors import Unavailable

T = TypeVar("T")

MIN_LENGTH = 8
MAX_LENGTH = 1024
# Each check takes a tenth of a second of a core and 64 MB; two at once keep a small machine alive.
AT_ONCE = 2
# Beyond this many a sign-in would wait for seconds: it is refused, to be tried again.
WAITING_BOUND = 64

_hasher = PasswordHasher()


class _Pool:
    """Threads for hashing, with a bounded queue before them."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="argon2")
        self._inside = 0

    async def run(self, work: Callable[[], T]) -> T:
        if self._inside >= WAITING_BOUND:
            raise Unavailable("Too many people sign in at this moment, try again in a minute.")
        self._inside += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._inside -= 1


_pool = _Pool()


async def hash_password(password: str) -> str:
    """The text to store for a password. Raises `Unavailable` when too many wait already."""
    return await _pool.run(lambda: _hasher.hash(_bytes(password)))


async def verify_password(stored: str | None, password: str) -> bool:
    """True when `password` is the one behind `stored`.

    Without an account (`stored` is None) the password is hashed all the same, which costs as much
    as checking it, so that the time taken does not tell whether the account exists. Raises
    `Unavailable` when too many wait already.
    """
    if stored is None:
        await hash_password(password[:MAX_LENGTH])
        return False

    def check() -> bool:
        try:
            return _hasher.verify(stored, _bytes(password[:MAX_LENGTH])) and (
                len(password) <= MAX_LENGTH
            )
        except (VerificationError, InvalidHashError):
            return False

    return await _pool.run(check)


def needs_rehash(stored: str) -> bool:
    """True when the hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def _bytes(password: str) -> bytes:
    # JSON can carry half a surrogate pair, which plain UTF-8 refuses.
    return password.encode(errors="surrogatepass")
