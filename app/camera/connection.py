"""A TLS connection to a printer's camera, and what its failures mean."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from app.camera.target import CameraRefused, CameraTarget
from app.errors import Unreachable
from app.printers.tls import PrinterTls, UntrustedCertificate, WrongSerial

CONNECT_SECONDS = 5.0
ACCESS_REJECTED = (
    "The printer rejected the access code for its camera. It changes when LAN Only or Developer "
    "Mode is switched; enter the one its screen shows."
)


@asynccontextmanager
async def connected(
    target: CameraTarget, ca_file: Path | None
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """An open connection to the printer that it says it is; nothing was sent through it yet.

    Raises `Unreachable` or `CameraRefused`.
    """
    tls = PrinterTls(target.serial, target.trust, target.pinned_key, ca_file)
    writer = None
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(
                target.host, target.port, ssl=tls, server_hostname=target.serial
            )
        tls.verify(writer.get_extra_info("ssl_object").getpeercert(binary_form=True))
        yield reader, writer
    except (OSError, EOFError) as error:
        raise explain(error, target) from None
    finally:
        if writer is not None:
            writer.transport.abort()


def explain(error: Exception, target: CameraTarget) -> Unreachable:
    """What went wrong, in words."""
    where = target.where
    if isinstance(error, WrongSerial | UntrustedCertificate):
        return CameraRefused(str(error))
    if isinstance(error, ssl.SSLCertVerificationError):
        return CameraRefused("No known authority vouches for the certificate of the camera.")
    if isinstance(error, TimeoutError):
        return Unreachable(f"The camera at {where} did not answer in time.")
    if isinstance(error, ConnectionRefusedError):
        return Unreachable(
            f"The camera at {where} refuses connections: the printer is off, or its LAN live view "
            "is switched off on its screen."
        )
    if isinstance(error, ssl.SSLError):
        return Unreachable(f"No secure connection to the camera at {where}.")
    return Unreachable(f"The connection to the camera at {where} was lost.")
