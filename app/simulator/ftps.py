"""The file server inside a printer: FTP over implicit TLS, one user, passive transfers.

As on real printers the data connection must resume the TLS session of its control connection. Each
control connection has a TLS context of its own, so that no other session will do.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from pathlib import PurePosixPath

from app.simulator.certificates import server_context
from app.simulator.channel import Channel
from app.simulator.printer import SimPrinter
from app.simulator.storage import usable_name
from app.simulator.transfer import Transfer, TransferFailed

USER = "bblp"
MAX_LINE = 4096  # bytes of a command
MAX_CLIENTS = 8
IDLE_SECONDS = 300
NO_STORAGE = "553 Could not create file."
Reply = str
Command = Callable[["FtpsSession", str], Awaitable[Reply]]
# What works before anybody has said who they are.
OPEN_COMMANDS = frozenset({"USER", "PASS", "QUIT", "NOOP", "FEAT", "SYST", "PBSZ", "PROT", "OPTS"})


class FtpsSession:
    """One control connection."""

    def __init__(
        self, printer: SimPrinter, channel: Channel, context: ssl.SSLContext, host: str
    ) -> None:
        self.printer = printer
        self.files = printer.files
        self.quirks = printer.quirks
        self.channel = channel
        self.transfer = Transfer(printer, context, host)
        self.folder = "/"
        self.user = ""
        self.signed_in = False

    async def run(self) -> None:
        """Answer commands until the client leaves."""
        await self.reply("220 (vsFTPd 3.0.3)")
        while True:
            async with asyncio.timeout(IDLE_SECONDS):
                line = await self.channel.read_line(MAX_LINE)
            if line is None:
                return
            name, _, argument = line.decode(errors="surrogateescape").partition(" ")
            await self.reply(await self._answer(name.upper(), argument.strip("\r\n")))
            if name.upper() == "QUIT":
                return

    async def _answer(self, name: str, argument: str) -> Reply:
        command = COMMANDS.get(name)
        if not self.signed_in and name not in OPEN_COMMANDS:
            return "530 Please login with USER and PASS."
        if command is None:
            return "502 Command not implemented."
        try:
            return await command(self, argument)
        except TransferFailed as failure:
            return failure.reply

    async def reply(self, text: Reply) -> None:
        """Send one reply."""
        await self.channel.write(f"{text}\r\n".encode(errors="surrogateescape"))

    def path(self, argument: str) -> str:
        """The absolute path an argument means, without `.` and `..`."""
        parts: list[str] = []
        for part in (PurePosixPath(self.folder) / argument).parts[1:]:
            if part == "..":
                del parts[-1:]
            else:
                parts.append(part)
        return "/" + "/".join(parts)

    async def sign_in(self, password: str) -> Reply:
        """PASS."""
        self.signed_in = self.user == USER and password == self.printer.access_code
        return "230 Login successful." if self.signed_in else "530 Login incorrect."

    async def store(self, argument: str) -> Reply:
        """STOR: the file is there when its last byte is, however the connection ends after that."""
        path = self.path(argument)
        folder = str(PurePosixPath(path).parent)
        if self.quirks.storage_missing or not usable_name(path):
            return NO_STORAGE
        if self.files.is_folder(path) or not self.files.is_folder(folder):
            return NO_STORAGE
        if self.quirks.storage_full:
            return "552 Requested file action aborted: storage full."
        await self.reply("150 Ok to send data.")
        await self.transfer.receive(path)
        await asyncio.sleep(self.quirks.late_reply_seconds)
        if self.quirks.abort_after_upload:
            return "426 Failure reading network stream."
        return "226 Transfer complete."

    async def retrieve(self, argument: str) -> Reply:
        """RETR."""
        data = self.files.get(self.path(argument))
        if data is None or self.quirks.storage_missing:
            return "550 Failed to open file."
        await self.reply(f"150 Opening BINARY mode data connection ({len(data)} bytes).")
        await self.transfer.send(data)
        return "226 Transfer complete."

    async def listing(self, argument: str) -> Reply:
        """LIST, in the manner of `ls -l`; options are passed over."""
        rows = []
        for path, is_folder in self._listed(argument):
            size = 4096 if is_folder else len(self.files[path])
            when = "Jan 01 00:00" if is_folder else f"{self.files.modified(path):%b %d %H:%M}"
            kind = "drwxr-xr-x" if is_folder else "-rwxr-xr-x"
            name = PurePosixPath(path).name
            rows.append(f"{kind}    1 1000     1000     {size:>10} {when} {name}")
        return await self._send_lines(rows)

    async def names(self, argument: str) -> Reply:
        """NLST: whole paths or bare names, as the family has it."""
        bare = self.printer.profile.old_style
        listed = self._listed(argument)
        return await self._send_lines(
            [PurePosixPath(path).name if bare else path for path, _ in listed]
        )

    def _listed(self, argument: str) -> list[tuple[str, bool]]:
        words = [word for word in argument.split() if not word.startswith("-")]
        path = self.path(" ".join(words))
        if self.quirks.storage_missing:
            raise TransferFailed("550 Failed to open directory.")
        if path in self.files:
            return [(path, False)]
        return self.files.children(path)

    async def _send_lines(self, lines: list[str]) -> Reply:
        await self.reply("150 Here comes the directory listing.")
        text = "".join(f"{line}\r\n" for line in lines)
        await self.transfer.send(text.encode(errors="surrogateescape"))
        return "226 Directory send OK."

    async def size(self, argument: str) -> Reply:
        """SIZE."""
        data = self.files.get(self.path(argument))
        if data is None or self.quirks.storage_missing:
            return "550 Could not get file size."
        return f"213 {len(data)}"

    async def delete(self, argument: str) -> Reply:
        """DELE."""
        path = self.path(argument)
        if path not in self.files or self.quirks.storage_missing:
            return "550 Delete operation failed."
        del self.files[path]
        return "250 Delete operation successful."

    async def change_folder(self, argument: str) -> Reply:
        """CWD."""
        path = self.path(argument)
        if self.quirks.storage_missing or not self.files.is_folder(path):
            return "550 Failed to change directory."
        self.folder = path
        return "250 Directory successfully changed."

    async def make_folder(self, argument: str) -> Reply:
        """MKD."""
        path = self.path(argument)
        known = path in self.files or self.files.is_folder(path)
        if known or self.quirks.storage_missing or not usable_name(path):
            return "550 Create directory operation failed."
        self.files.make_folder(path)
        return f'257 "{path}" created'

    async def remove_folder(self, argument: str) -> Reply:
        """RMD."""
        path = self.path(argument)
        if path == "/" or not self.files.is_folder(path) or self.files.children(path):
            return "550 Remove directory operation failed."
        self.files.remove_folder(path)
        return "250 Remove directory operation successful."


async def _user(session: FtpsSession, argument: str) -> Reply:
    session.user, session.signed_in = argument, False
    return "331 Please specify the password."


async def _protect(session: FtpsSession, argument: str) -> Reply:
    if argument.upper() not in ("P", "C"):
        return "504 PROT not supported."
    session.transfer.encrypted = argument.upper() == "P"
    return f"200 PROT now {'Private' if session.transfer.encrypted else 'Clear'}."


async def _type(_session: FtpsSession, argument: str) -> Reply:
    known = argument.upper()[:1] in ("I", "A")
    return "200 Switching to Binary mode." if known else "500 Unrecognised TYPE command."


async def _passive(session: FtpsSession, _argument: str) -> Reply:
    port = await session.transfer.listen()
    address = session.transfer.host.replace(".", ",")
    return f"227 Entering Passive Mode ({address},{port >> 8},{port & 255})."


async def _extended_passive(session: FtpsSession, _argument: str) -> Reply:
    port = await session.transfer.listen()
    return f"229 Entering Extended Passive Mode (|||{port}|)"


async def _where(session: FtpsSession, _argument: str) -> Reply:
    return f'257 "{session.folder}" is the current directory'


async def _up(session: FtpsSession, _argument: str) -> Reply:
    return await session.change_folder("..")


def _says(reply: Reply) -> Command:
    async def say(_session: FtpsSession, _argument: str) -> Reply:
        return reply

    return say


# One row per command.
COMMANDS: dict[str, Command] = {
    "USER": _user,
    "PASS": FtpsSession.sign_in,
    "QUIT": _says("221 Goodbye."),
    "NOOP": _says("200 NOOP ok."),
    "SYST": _says("215 UNIX Type: L8"),
    "FEAT": _says("211-Features:\r\n EPSV\r\n PASV\r\n PBSZ\r\n PROT\r\n SIZE\r\n UTF8\r\n211 End"),
    "OPTS": _says("200 Always in UTF8 mode."),
    "PBSZ": _says("200 PBSZ set to 0."),
    "PROT": _protect,
    "TYPE": _type,
    "MODE": _says("200 Mode set to S."),
    "STRU": _says("200 Structure set to F."),
    "PASV": _passive,
    "EPSV": _extended_passive,
    "PWD": _where,
    "CWD": FtpsSession.change_folder,
    "CDUP": _up,
    "MKD": FtpsSession.make_folder,
    "RMD": FtpsSession.remove_folder,
    "STOR": FtpsSession.store,
    "RETR": FtpsSession.retrieve,
    "LIST": FtpsSession.listing,
    "NLST": FtpsSession.names,
    "SIZE": FtpsSession.size,
    "DELE": FtpsSession.delete,
}


class FtpsServer:
    """Serves the files of one printer on one port of the loopback."""

    def __init__(self, printer: SimPrinter, host: str = "127.0.0.1") -> None:
        self._printer = printer
        self._host = host
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    async def start(self, port: int = 0) -> None:
        """Listen; port 0 takes a free one."""
        self._server = await asyncio.start_server(self._serve, self._host, self.port or port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Drop everybody without a word and listen no more, as when the power fails."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.drop_all()

    def drop_all(self) -> None:
        """Cut every connection, also in the middle of a file."""
        for task in self._tasks:
            task.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        channel = Channel(reader, writer)
        if task is None or len(self._tasks) >= MAX_CLIENTS:
            channel.cut()
            return
        self._tasks.add(task)
        try:
            await self._converse(channel)
            await channel.close(say_so=True)
        except (OSError, ValueError, TimeoutError, asyncio.CancelledError):
            channel.cut()
        finally:
            self._tasks.discard(task)

    async def _converse(self, channel: Channel) -> None:
        context = server_context(self._printer.serial)
        async with asyncio.timeout(IDLE_SECONDS):
            await channel.secure(context)
        session = FtpsSession(self._printer, channel, context, self._host)
        try:
            await session.run()
        finally:
            session.transfer.close()
