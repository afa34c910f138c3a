"""An FTPS server as printers have them, with their quirks, in threads: for tests of the client."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field

from app.simulator.certificates import server_context

SERIAL, CODE = "00M09A350100001", "12345678"


@dataclass
class Quirks:
    """What this printer does differently."""

    reuse: bool = True  # data connections must resume the TLS session
    protects: bool = True  # takes protected data connections at all
    refuses_prot: bool = False  # says so when asked, instead of when it is tried
    last_word: str = "226 done"  # "" cuts the control connection instead
    late: float = 0.0  # seconds before the last word
    keeps: int | None = None  # bytes it keeps of an upload
    knows_size: bool = True
    store_reply: str | None = None  # refuses uploads with this reply
    full_names: bool = False  # NLST tells whole paths
    odd_list: bool = False  # LIST is in a form nobody knows
    slow_block: float = 0.0  # seconds for each block it reads


@dataclass
class PrinterFtp:
    """``files`` is the storage; ``log`` the commands, without passwords."""

    quirks: Quirks = field(default_factory=Quirks)
    serial: str = SERIAL
    files: dict[str, bytes] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    passwords: list[str] = field(default_factory=list)
    sessions: int = 0
    at_once: int = 0
    most_at_once: int = 0

    def __enter__(self) -> PrinterFtp:
        self.context = server_context(self.serial)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                tcp, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(tcp,), daemon=True).start()

    def _serve(self, tcp: socket.socket) -> None:
        with contextlib.suppress(OSError), self.context.wrap_socket(tcp, server_side=True) as sock:
            self.sessions += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            try:
                _Client(self, sock).run()
            finally:
                self.at_once -= 1


class _Client:
    def __init__(self, server: PrinterFtp, sock: ssl.SSLSocket) -> None:
        self.server, self.sock, self.quirks = server, sock, server.quirks
        self.protected = False
        self.passive: socket.socket | None = None

    def say(self, line: str) -> None:
        self.sock.sendall(line.encode() + b"\r\n")

    def run(self) -> None:
        self.say("220 ready")
        for line in self.sock.makefile("r", encoding="utf-8", newline="\r\n"):
            command, _, argument = line.strip().partition(" ")
            if command == "PASS":
                self.server.passwords.append(argument)
            else:
                self.server.log.append(line.strip())
            if not getattr(self, f"on_{command.lower()}", self.on_unknown)(argument):
                return

    def on_unknown(self, _argument: str) -> bool:
        self.say("502 unknown")
        return True

    def on_user(self, _argument: str) -> bool:
        self.say("331 password")
        return True

    def on_pass(self, argument: str) -> bool:
        self.say("230 in" if argument == CODE else f"530 {argument} is wrong")
        return True

    def on_type(self, _argument: str) -> bool:
        self.say("200 ok")
        return True

    on_pbsz = on_type

    def on_prot(self, argument: str) -> bool:
        if argument == "P" and self.quirks.refuses_prot:
            self.say("536 no")
            return True
        self.protected = argument == "P"
        return self.on_type("")

    def on_quit(self, _argument: str) -> bool:
        self.say("221 bye")
        return False

    def on_pasv(self, _argument: str) -> bool:
        self.passive = socket.create_server(("127.0.0.1", 0))
        port = self.passive.getsockname()[1]
        self.say(f"227 Entering Passive Mode (10,99,99,99,{port >> 8},{port & 255})")
        return True

    def on_size(self, path: str) -> bool:
        if not self.quirks.knows_size:
            return self.on_unknown("")
        stored = self.server.files.get(path)
        self.say("550 no such file" if stored is None else f"213 {len(stored)}")
        return True

    def on_dele(self, path: str) -> bool:
        gone = self.server.files.pop(path, None)
        self.say("550 no such file" if gone is None else "250 deleted")
        return True

    def on_retr(self, path: str) -> bool:
        if path not in self.server.files:
            self.say("550 no such file")
            return True
        return self.send(self.server.files[path])

    def on_list(self, _folder: str) -> bool:
        line = "{kind}rw-rw-rw-   1 root  root  {size:>8} {when} {name}\r\n"
        text = line.format(kind="d", size=0, when="Jan 02 2025", name="cache")
        for path, body in self.server.files.items():
            text += line.format(kind="-", size=len(body), when="Mar  5 2026", name=path[1:])
        return self.send(b"what is this\r\n" if self.quirks.odd_list else text.encode())

    def on_nlst(self, _folder: str) -> bool:
        cut = 0 if self.quirks.full_names else 1
        return self.send("".join(f"{path[cut:]}\r\n" for path in self.server.files).encode())

    def on_stor(self, path: str) -> bool:
        if self.quirks.store_reply is not None:
            self.say(self.quirks.store_reply)
            return True
        data = self.open_data()
        if data is None:
            return True
        read = bytearray()
        while block := data.recv(65536):
            read += block
            time.sleep(self.quirks.slow_block)
        self.server.files[path] = bytes(read)[: self.quirks.keeps]
        return self.close_data(data)

    def send(self, body: bytes) -> bool:
        data = self.open_data()
        if data is None:
            return True
        data.sendall(body)
        return self.close_data(data)

    def close_data(self, data: socket.socket) -> bool:
        data.close()
        time.sleep(self.quirks.late)
        if not self.quirks.last_word:
            self.quirks.last_word = "226 done"  # only the first time
            return False
        self.say(self.quirks.last_word)
        return True

    def open_data(self) -> socket.socket | None:
        assert self.passive is not None
        self.say("150 go on")
        tcp, _ = self.passive.accept()
        self.passive.close()
        if not self.protected:
            return tcp
        if not self.quirks.protects:
            tcp.close()
            self.say("425 no data connection")
            return None
        data = self.server.context.wrap_socket(tcp, server_side=True, suppress_ragged_eofs=True)
        if self.quirks.reuse and not data.session_reused:
            data.close()
            self.say("522 session reuse required")
            return None
        return data
