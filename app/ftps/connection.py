"""One FTPS connection to a printer, blocking; used from a thread (see ``app.ftps.storage``).

Printers speak FTP inside TLS from the first byte on. Most want the data connection to resume the
TLS session of the control connection; none answers a TLS farewell on it; some A1 firmware takes
no protected data connection at all (all seen on real printers).
"""

from __future__ import annotations

import contextlib
import ftplib
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from app.ftps.errors import DataChannelRefused, StorageUnreachable, StoredFileTooLarge, reply_code
from app.ftps.target import StorageTarget
from app.printers.tls import PrinterTls

USER = "bblp"
CONNECT_SECONDS = 10.0
# Without a byte for so long a transfer is over.
STALL_SECONDS = 60.0
# The last word after an upload may take its time.
LATE_SECONDS = 120.0
# Half of what the slowest printers manage, in bytes a second.
SLOWEST = 25_000
BLOCK = 65_536
MAX_LISTED = 10_000
_LONGEST_LINE = 350
_NO_PROTECTION = frozenset({"425", "431", "500", "502", "504", "521", "522", "533", "534", "536"})
_UNKNOWN_COMMAND = frozenset({"500", "502", "504"})


class FtpsConnection(ftplib.FTP_TLS):
    """With ``clear_data`` only the control connection is protected."""

    def __init__(
        self, target: StorageTarget, ca_file: Path | None, *, clear_data: bool = False
    ) -> None:
        tls = PrinterTls(target.serial, target.trust, target.pinned_key, ca_file)
        # Session tickets of TLS 1.3 cannot be resumed on the data connection.
        tls.maximum_version = ssl.TLSVersion.TLSv1_2
        super().__init__(context=tls, timeout=CONNECT_SECONDS, encoding="utf-8")
        self._target = target
        self.clear_data = clear_data
        self._data: socket.socket | None = None
        self._aborted = False
        self.sent_all = False

    def open(self) -> None:
        """Connect and sign in. Raises ``OSError`` or ``ftplib.Error``."""
        target = self._target
        self.host, self.port = target.host, target.port
        tcp = self._reach()
        # The access code leaves only after this has verified who is at the other end.
        self.sock = self.context.wrap_socket(tcp)
        self.file = self.sock.makefile("r", encoding=self.encoding, errors="replace")
        if self._aborted:
            raise ConnectionAbortedError
        self.sock.settimeout(STALL_SECONDS)
        self.timeout = STALL_SECONDS
        self.welcome = self.getresp()
        self.login(USER, target.access_code)
        self._protect()

    def _reach(self) -> socket.socket:
        """A connected socket, which `cut` reaches from the first moment."""
        found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        self.af, kind, protocol, _name, address = found[0]
        tcp = self.sock = socket.socket(self.af, kind, protocol)
        try:
            if self._aborted:
                raise ConnectionAbortedError
            tcp.settimeout(CONNECT_SECONDS)
            tcp.connect(address)
            if self._aborted:
                raise ConnectionAbortedError
        except BaseException:
            self.sock = None
            tcp.close()
            raise
        return tcp

    def _protect(self) -> None:
        if self.clear_data:
            with contextlib.suppress(ftplib.Error):
                self.voidcmd("PBSZ 0")
                self.voidcmd("PROT C")
            self._prot_p = False
            return
        try:
            self.voidcmd("PBSZ 0")
            self.voidcmd("PROT P")
        except ftplib.Error as error:
            raise DataChannelRefused from error
        self._prot_p = True

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int]:
        """Open a data connection that resumes the TLS session of the control connection."""
        try:
            data, size = super(ftplib.FTP_TLS, self).ntransfercmd(cmd, rest)
        except ftplib.Error as error:
            if self._prot_p and reply_code(error) in _NO_PROTECTION:
                raise DataChannelRefused from error
            raise
        self._data = data
        if self._prot_p:
            control: Any = self.sock
            try:
                data = self._data = self.context.wrap_socket(data, session=control.session)
            except (ssl.SSLError, ConnectionError) as error:
                raise DataChannelRefused from error
        return data, size or 0

    def store(
        self, path: str, size: int, blocks: Iterable[bytes], sent: Callable[[int], None]
    ) -> None:
        """Upload; ``sent`` is told the bytes sent so far.

        Returns once the printer has the whole file. Raises ``OSError``, ``EOFError`` or
        ``ftplib.Error``; with ``sent_all`` the file may be there all the same.
        """
        deadline = _deadline(size)
        self.voidcmd("TYPE I")
        data, _ = self.ntransfercmd(f"STOR {path}")
        done = 0
        try:
            with contextlib.closing(data):
                for block in blocks:
                    _require_time(deadline)
                    data.sendall(block)
                    done += len(block)
                    sent(done)
                if done != size:
                    raise StorageUnreachable("The file changed while it was sent.")
                # No TLS farewell: printers never answer it.
                data.shutdown(socket.SHUT_WR)
                self.sent_all = True
                sure = self._last_word()
        finally:
            self._data = None
        self.require_size(path, size, sure=sure)

    def require_size(self, path: str, size: int, *, sure: bool) -> None:
        """Raise ``StorageUnreachable`` unless the file is there in full.

        A printer that does not know the question is believed when it was ``sure``.
        """
        stored = self.measured(path)
        if (stored is None and not sure) or (stored is not None and stored != size):
            raise StorageUnreachable("The transfer was cut off before the printer had it all.")

    def _last_word(self) -> bool:
        """The reply after the data: whether it went well.

        A 426 can come although everything arrived; only the size tells.
        """
        control: Any = self.sock
        control.settimeout(LATE_SECONDS)
        try:
            self.voidresp()
        except ftplib.Error as error:
            if reply_code(error) != "426":
                raise
            return False
        finally:
            control.settimeout(STALL_SECONDS)
        return True

    def measured(self, path: str) -> int | None:
        """The size of a file in bytes, None when the printer does not know the question."""
        self.voidcmd("TYPE I")
        try:
            return self.size(path)
        except ftplib.error_perm as error:
            if reply_code(error) in _UNKNOWN_COMMAND:
                return None
            raise

    def fetch(self, path: str, to: Path, limit: int) -> int:
        """Download into a file; its size. Raises ``StoredFileTooLarge`` beyond ``limit`` bytes."""
        known = self.measured(path)
        if known is not None and known > limit:
            raise StoredFileTooLarge(f"The file has {known} bytes, more than the {limit} allowed.")
        deadline = _deadline(known if known is not None else limit)
        data, _ = self.ntransfercmd(f"RETR {path}")
        done = 0
        try:
            with contextlib.closing(data), to.open("wb") as file:
                for block in _blocks(data):
                    _require_time(deadline)
                    done += len(block)
                    if done > limit:
                        raise StoredFileTooLarge(f"The file has more than {limit} bytes.")
                    file.write(block)
            sure = self._last_word()
        finally:
            self._data = None
        if done != known and (known is not None or not sure):
            raise StorageUnreachable("The transfer was cut off before the file had arrived.")
        return done

    def lines(self, command: str) -> list[str]:
        """The lines of a listing, at most 10 000."""
        self.voidcmd("TYPE A")
        data, _ = self.ntransfercmd(command)
        read = bytearray()
        try:
            with contextlib.closing(data):
                for block in _blocks(data):
                    read += block
                    if len(read) > MAX_LISTED * _LONGEST_LINE:
                        raise StorageUnreachable("The printer's listing does not end.")
            self._last_word()
        finally:
            self._data = None
        return read.decode("utf-8", "replace").splitlines()[:MAX_LISTED]

    def cut(self) -> None:
        """Wake the thread that works with this connection; may be called from any thread."""
        self._aborted = True
        context: Any = self.context
        context.abort()
        for each in (self.sock, self._data):
            if each is not None and each.fileno() >= 0:
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(each, socket.SHUT_RDWR)

    def leave(self) -> None:
        """Say goodbye where that is quick, and close."""
        with contextlib.suppress(OSError, ftplib.Error, EOFError):
            if self.sock is not None and not self._aborted:
                self.sock.settimeout(1.0)
                self.quit()
        self.close()


def _blocks(data: socket.socket) -> Iterator[bytes]:
    """What arrives until the end, which printers leave without a TLS farewell."""
    while block := data.recv(BLOCK):
        yield block


def _deadline(size: int) -> float:
    return time.monotonic() + STALL_SECONDS + size / SLOWEST


def _require_time(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise TimeoutError
