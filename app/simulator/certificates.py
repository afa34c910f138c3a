"""Certificates as printers carry them: the common name is the serial number.

The key is derived from the serial number, so that a restarted simulator shows the same one and a
server that pinned it is content. Such keys protect nothing and are used nowhere else.
"""

from __future__ import annotations

import functools
import hashlib
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
_VALID_FROM = datetime(2025, 1, 1, tzinfo=UTC)


def _key(text: str) -> ec.EllipticCurvePrivateKey:
    number = int.from_bytes(hashlib.sha256(f"spoolgraph simulator {text}".encode()).digest(), "big")
    return ec.derive_private_key(number % (_ORDER - 1) + 1, ec.SECP256R1())


@functools.lru_cache(maxsize=1024)
def _pem(serial: str) -> bytes:
    """Key and certificate of a printer: a leaf signed by the simulator's authority."""
    key, authority = _key(serial), _key("authority")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, serial)])
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Simulated printers")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(hashlib.sha256(serial.encode()).digest()[:16], "big"))
        .not_valid_before(_VALID_FROM)
        .not_valid_after(_VALID_FROM + timedelta(days=3650))
        .sign(authority, hashes.SHA256())
    )
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ) + certificate.public_bytes(serialization.Encoding.PEM)


def server_context(serial: str) -> ssl.SSLContext:
    """The TLS side of a printer: TLS 1.2. Sessions can be resumed within one context only."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "printer.pem"
        path.write_bytes(_pem(serial))
        context.load_cert_chain(path)
    return context
