"""What can go wrong with a printer's storage, in words, never in those of the printer."""

from __future__ import annotations

import ftplib
import ssl

from app.errors import Conflict, NotFound, Unreachable
from app.printers.tls import UntrustedCertificate, WrongSerial


class StorageUnreachable(Unreachable):
    """The connection failed or broke: trying again later may help."""


class StorageAccessRefused(Unreachable):
    """The access code or the certificate is wrong: trying again is of no use."""


class StorageRefused(Conflict):
    """The printer cannot store or delete the file: its card is missing, full, or in use."""


class StoredFileMissing(NotFound):
    """There is no such file on the printer."""


class StoredFileTooLarge(Conflict):
    """The file is larger than the caller wants."""


StorageError = (
    StorageUnreachable
    | StorageAccessRefused
    | StorageRefused
    | StoredFileMissing
    | StoredFileTooLarge
)


class DataChannelRefused(Exception):
    """The printer does not take a protected data connection; nothing was transferred."""


_ACCESS = (
    "The printer rejected the access code for its storage. It changes when LAN Only or Developer "
    "Mode is switched; enter the one its screen shows."
)
_REFUSALS = {
    "550": "The printer does not have this file, or its storage card is missing.",
    "552": "The printer's storage is full.",
    "553": (
        "The printer cannot store the file: its storage card is missing, full or write-protected."
    ),
    "452": "The printer's storage is full.",
}


def reply_code(error: BaseException) -> str:
    """The three digits of a refusal, "" when the error is none."""
    return str(error)[:3] if isinstance(error, ftplib.Error) else ""


def in_words(error: BaseException, where: str, *, storing: bool = False) -> StorageError:
    """The error as the domain tells it; ``where`` is host and port."""
    if isinstance(error, WrongSerial | UntrustedCertificate):
        return StorageAccessRefused(str(error))
    code = reply_code(error)
    if code == "530":
        return StorageAccessRefused(_ACCESS)
    if code == "550" and not storing:
        return StoredFileMissing(_REFUSALS[code])
    if code in _REFUSALS:
        return StorageRefused(_REFUSALS[code] if code != "550" else _REFUSALS["553"])
    if code.startswith(("4", "5")):
        return StorageUnreachable(f"The printer refused the transfer (FTP reply {code}).")
    if isinstance(error, TimeoutError):
        return StorageUnreachable(f"The printer's storage at {where} did not answer in time.")
    if isinstance(error, ConnectionRefusedError):
        return StorageUnreachable(f"The printer's storage at {where} refuses connections.")
    if isinstance(error, ssl.SSLError):
        return StorageUnreachable(f"No secure connection to the printer's storage at {where}.")
    return StorageUnreachable(f"The connection to the printer's storage at {where} was lost.")
