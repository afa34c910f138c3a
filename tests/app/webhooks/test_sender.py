"""One attempt: to the address that was checked, verified, bounded, and never an exception."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.webhooks.guard import Guard
from app.webhooks.outcome import Outcome
from app.webhooks.sender import EXCERPT, Sender, trusted
from tests.receiver import Receiver, receiving, status


def _to_loopback(_host: str, _port: int) -> Sequence[str]:
    return ["127.0.0.1"]


async def _send(url: str, *, timeout: float = 5.0, **parts: object) -> Outcome:
    guard = Guard(allow_private=True, resolve=_to_loopback)
    sender = Sender(guard, timeout=timeout, **parts)  # type: ignore[arg-type]
    try:
        return await sender.send(url, {"webhook-id": "evt_1"}, '{"ü":1}')
    finally:
        await sender.close()


def _named(receiver: Receiver) -> str:
    return receiver.url.replace("127.0.0.1", "hooks.example")


async def test_the_host_is_the_name_and_the_connection_goes_to_the_address() -> None:
    """`Host` carries name and port; path and query arrive as they were given."""
    async with receiving() as receiver:
        outcome = await _send(_named(receiver) + "?a=b%20c")
        (received,) = receiver.received
    assert (outcome.accepted, outcome.status, outcome.excerpt) == (True, 200, "ok")
    assert received.headers["host"] == f"hooks.example:{receiver.port}"
    assert received.target == "/hook?a=b%20c"
    assert received.body == '{"ü":1}'.encode()
    assert received.headers["webhook-id"] == "evt_1"


async def test_names_are_looked_up_at_every_attempt() -> None:
    """A name that leads inside by now is refused, although it was good before."""
    answers = [["127.0.0.1"], ["169.254.169.254"]]
    guard = Guard(allow_private=True, resolve=lambda _host, _port: answers.pop(0))
    sender = Sender(guard)
    async with receiving() as receiver:
        assert (await sender.send(_named(receiver), {}, "{}")).accepted
        refused = await sender.send(_named(receiver), {}, "{}")
        assert len(receiver.received) == 1
    await sender.close()
    assert refused.status is None
    assert refused.error is not None
    assert refused.error == "hooks.example has an address that webhooks are never sent to."


@pytest.mark.parametrize("code", [301, 302, 307, 308, 400, 404, 410, 429, 500, 503])
async def test_only_2xx_is_accepted_and_redirects_are_not_followed(code: int) -> None:
    """The answer is kept as it is; nobody else is asked."""
    async with receiving() as elsewhere:
        answer = status(code, "no", f"Location: {elsewhere.url}")
        async with receiving(answer) as receiver:
            outcome = await _send(receiver.url)
        assert elsewhere.received == []
    assert (outcome.accepted, outcome.status, outcome.excerpt) == (False, code, "no")
    assert outcome.error is None


async def test_answers_are_read_up_to_a_bound() -> None:
    """An endless body is cut off, bytes that are no text are replaced."""

    async def endless(_request: object, writer: asyncio.StreamWriter) -> bytes:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n\xff\x00")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    async with receiving(endless) as receiver:
        outcome = await _send(receiver.url)
    assert outcome.accepted
    assert outcome.excerpt == "\ufffd\ufffd" + "x" * (EXCERPT - 2)


async def test_an_endpoint_that_does_not_answer_is_left() -> None:
    """After the time for the whole exchange, however slowly bytes drip."""

    async def dripping(_request: object, writer: asyncio.StreamWriter) -> bytes:
        while True:
            writer.write(b"X-Drip: 1\r\n")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with receiving(dripping) as receiver:
        outcome = await _send(receiver.url, timeout=0.3)
    assert outcome == Outcome(outcome.milliseconds, error=outcome.error)
    assert outcome.error is not None


async def test_what_is_no_http_and_what_is_no_server_have_words() -> None:
    """Nothing raises, and no word tells more than it should."""
    async with receiving(b"SSH-2.0-OpenSSH\r\n") as receiver:
        broken = await _send(receiver.url)
    gone = await _send(receiver.url)
    assert broken.error == "The connection broke before an answer came."
    assert gone.error == "The connection was refused or cannot be made."
    assert not broken.accepted
    assert not gone.accepted


def _server(folder: Path, name: str) -> ssl.SSLContext:
    """The TLS side of a receiver with a certificate of its own for a name."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    (folder / "authority.pem").write_bytes(certificate.public_bytes(encoding))
    (folder / "server.pem").write_bytes(
        key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(encoding)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context


async def test_certificates_are_verified_for_the_name(tmp_path: Path) -> None:
    """An unknown authority is refused; a known one is good for the name in the address alone,
    which is also the name that is asked for."""
    asked: list[str | None] = []
    context = _server(tmp_path, "hooks.example")
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    knowing = trusted()
    knowing.load_verify_locations(tmp_path / "authority.pem")
    async with receiving(context=context) as receiver:
        url = _named(receiver)
        unknown = await _send(url)
        assert receiver.received == []
        good = await _send(url, context=knowing)
        other = await _send(url.replace("hooks.", "other."), context=knowing)
        assert len(receiver.received) == 1
    words = "The encrypted connection failed: the certificate or the protocol is not good."
    assert (unknown.error, good.error, other.error) == (words, None, words)
    assert good.accepted
    assert asked == ["hooks.example", "hooks.example", "other.example"]
