"""A client of printers written with the standard library alone, as a witness of the simulator."""

import asyncio
import contextlib
import ftplib
import socket
import ssl


def client_context():
    """TLS as clients of printers use it: 1.2, the certificate not verified."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


class PrinterFtp(ftplib.FTP_TLS):
    """Implicit TLS; data connections resume the session of the control connection."""

    def __init__(self, port, code=None, *, protect=True, timeout=5, context=None):
        super().__init__(context=context or client_context(), timeout=timeout)
        raw = socket.create_connection(("127.0.0.1", port), timeout)
        self.af = raw.family
        self.host = "127.0.0.1"
        self.sock = self.context.wrap_socket(raw, server_hostname=None)
        self.file = self.sock.makefile("r", encoding="utf-8")
        self.welcome = self.getresp()
        self.session = self.sock.session
        if code is not None:
            ftplib.FTP.login(self, "bblp", code)
            self.sendcmd("PBSZ 0")
            self.prot_p() if protect else self.prot_c()
            self.voidcmd("TYPE I")

    def ntransfercmd(self, cmd, rest=None):
        connection, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        if self._prot_p:
            connection = self.context.wrap_socket(connection, session=self.session)
        return connection, size

    def put(self, path, data, *, unwrap=False):
        """Upload without closing TLS, as clients of printers must; returns the last reply, which
        also says why the data connection was cut."""
        connection = None
        with contextlib.suppress(ConnectionError, ssl.SSLEOFError):
            connection = self.transfercmd(f"STOR {path}")
            connection.sendall(data)
            if unwrap:
                connection.unwrap()
        if connection is not None:
            connection.close()
        return self.voidresp()

    def get(self, path):
        """The content of a file."""
        parts = []
        self.retrbinary(f"RETR {path}", parts.append)
        return b"".join(parts)

    def certificate(self):
        """The DER certificate of the printer."""
        return self.sock.getpeercert(binary_form=True)


async def ftp(printer, **options):
    """A signed-in client of a simulated printer."""
    code = options.pop("code", printer.sim.access_code)
    return await asyncio.to_thread(PrinterFtp, printer.ftps_port, code, **options)
