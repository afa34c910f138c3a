"""Mail to people, over SMTP. Without a server in the settings there is none."""

from __future__ import annotations

from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from app.errors import Unavailable
from app.settings import Settings

# Seconds for the whole conversation with a server.
TIMEOUT = 15.0
PORTS = {"smtp": 587, "smtp+starttls": 587, "smtps": 465}


class Mailer:
    """Sends plain text. `smtp://` encrypts when the server offers it, `smtp+starttls://` insists,
    `smtps://` is encrypted from the first byte."""

    def __init__(self, settings: Settings) -> None:
        url = settings.smtp_url
        self._server = None if url is None else urlsplit(url.reveal())
        self._sender = settings.mail_from

    @property
    def available(self) -> bool:
        """Whether there is a server to send through."""
        return self._server is not None

    async def send(self, to: str, subject: str, text: str) -> None:
        """Hand one mail to the server; raises `Unavailable` when it does not take it."""
        server = self._server
        if server is None:
            raise Unavailable("There is no mail server in the settings.")
        user = unquote(server.username) if server.username else None
        import aiosmtplib  # not before there is mail

        message = EmailMessage()
        message["From"] = self._sender or _own_address(user, server.hostname or "")
        message["To"] = to
        message["Subject"] = subject
        message.set_content(text)
        try:
            await aiosmtplib.send(
                message,
                hostname=server.hostname,
                port=server.port or PORTS[server.scheme],
                username=user,
                password=unquote(server.password) if server.password else None,
                use_tls=server.scheme == "smtps",
                start_tls={"smtp+starttls": True, "smtps": False}.get(server.scheme),
                timeout=TIMEOUT,
            )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise Unavailable(f"The mail server did not take it: {type(error).__name__}.") from None


def _own_address(user: str | None, host: str) -> str:
    return user if user and "@" in user else f"spoolgraph@{host}"
