"""TLS towards printers: who is at the other end is settled before the access code is sent.

Printers present a certificate whose common name is their serial; no address is in it. Older ones
speak TLS 1.2 only, some with plain RSA key exchange, and the vendor's older authority lacks an
extension that strict verification wants (all seen on real printers).
"""

import contextlib
import hashlib
import socket
import ssl
from pathlib import Path

from app.printers.models import Trust

# Forward secrecy first; RSA key exchange because some printers offer nothing else.
_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:AES256-GCM-SHA384:AES128-GCM-SHA256"


class WrongSerial(ConnectionError):
    """The certificate names another serial than the printer was added with."""


class UntrustedCertificate(ConnectionError):
    """The certificate is not the one that is expected, or nobody vouches for it."""


class _VerifiedSocket(ssl.SSLSocket):
    """Verifies the peer at the end of its handshake, before anything else is sent."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
            context = self.context
            if isinstance(context, PrinterTls):
                context.verify(self.getpeercert(binary_form=True))
        except ssl.SSLCertVerificationError as error:
            self.close()
            raise UntrustedCertificate(
                f"No known authority vouches for the printer's certificate "
                f"({error.verify_message})."
            ) from error
        except BaseException:
            self.close()
            raise


class PrinterTls(ssl.SSLContext):
    """The TLS settings for one printer.

    ``pinned_key`` is the SHA-256 of its public key (SubjectPublicKeyInfo), None before the first
    sight; ``seen_key`` is that of the last verified handshake.
    """

    sslsocket_class = _VerifiedSocket
    serial: str
    trust: Trust
    pinned_key: bytes | None
    seen_key: bytes | None
    _wrapped: ssl.SSLSocket | None = None
    _aborted: bool = False

    def __new__(cls, *_settings: object) -> "PrinterTls":
        return super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)

    def __init__(
        self, serial: str, trust: Trust, pinned_key: bytes | None, ca_file: Path | None
    ) -> None:
        self.serial = serial
        self.trust = trust
        self.pinned_key = pinned_key
        self.seen_key = None
        self.check_hostname = False
        self.verify_mode = ssl.CERT_NONE
        self.minimum_version = ssl.TLSVersion.TLSv1_2
        self.set_ciphers(_CIPHERS)
        if trust is Trust.AUTHORITY:
            self.verify_mode = ssl.CERT_REQUIRED
            self.verify_flags &= ~ssl.VERIFY_X509_STRICT
            self.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            if ca_file is not None:
                self.load_verify_locations(cafile=str(ca_file))

    def wrap_socket(
        self,
        sock: socket.socket,
        server_side: bool = False,
        do_handshake_on_connect: bool = True,
        suppress_ragged_eofs: bool = True,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLSocket:
        """Wrap, asking for the serial by name: the address says nothing about a printer."""
        wrapped = self._wrapped = super().wrap_socket(
            sock,
            server_side,
            do_handshake_on_connect=False,
            suppress_ragged_eofs=suppress_ragged_eofs,
            server_hostname=self.serial,
            session=session,
        )
        if self._aborted:
            self.abort()
        if do_handshake_on_connect:
            # Begins when `abort` can already reach the socket.
            wrapped.do_handshake()
        return wrapped

    def abort(self) -> None:
        """Wake a thread that waits in a handshake nobody wants any more, or is about to."""
        self._aborted = True
        if self._wrapped is not None and self._wrapped.fileno() >= 0:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._wrapped, socket.SHUT_RDWR)

    def verify(self, certificate: bytes | None) -> None:
        """Check a certificate (DER) against serial and pin.

        Raises ``WrongSerial`` or ``UntrustedCertificate``.
        """
        if self.trust is Trust.NONE:
            return
        if not certificate:
            raise UntrustedCertificate("The printer presented no certificate.")
        name, key = identity_of(certificate)
        if name != self.serial:
            raise WrongSerial(
                f"The printer at this address has the serial number {name or 'of nobody'}, "
                f"not {self.serial}."
            )
        if self.trust is Trust.PINNED and self.pinned_key not in (None, key):
            raise UntrustedCertificate(
                "The printer's key is not the one seen when it was first connected. If it was "
                "reset or repaired, trust it anew; otherwise something pretends to be it."
            )
        self.seen_key = key


def identity_of(certificate: bytes) -> tuple[str, bytes]:
    """Common name and public key hash of a certificate (DER); ``("", …)`` without a name.

    Raises ``UntrustedCertificate`` for what is no certificate.
    """
    # Large: loaded with the first printer whose certificate is looked at.
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from cryptography.x509.oid import NameOID

    try:
        parsed = x509.load_der_x509_certificate(certificate)
        names = parsed.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        key = parsed.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, TypeError) as error:
        raise UntrustedCertificate("The printer's certificate cannot be read.") from error
    name = names[0].value if names else ""
    text = name.decode("utf-8", "replace") if isinstance(name, bytes) else name
    return text[:64], hashlib.sha256(key).digest()
