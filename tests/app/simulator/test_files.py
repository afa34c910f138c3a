"""The file server of simulated printers, seen by a client of the standard library."""

import asyncio
import ftplib

import httpx
import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from app.simulator.control import control_app
from app.simulator.farm import SimulatedFarm, SimulatorOptions
from tests.app.simulator.printer_client import PrinterFtp, client_context, ftp

CONTENT = bytes(range(256)) * 2_000


@pytest.fixture
async def printer():
    """One P1S."""
    async with SimulatedFarm(SimulatorOptions(models=("p1s",), base_port=0)) as farm:
        yield farm.printers[0]


@pytest.fixture
async def x1c():
    """One X1 Carbon."""
    async with SimulatedFarm(SimulatorOptions(models=("x1c",), base_port=0)) as farm:
        yield farm.printers[0]


def refused(client, *call):
    """The reply to what the printer refuses."""
    name, *arguments = call
    with pytest.raises(ftplib.Error) as error:
        getattr(client, name)(*arguments)
    return str(error.value)


async def test_a_file_goes_up_down_and_away(printer):
    """What is uploaded is on the card, has its size, comes back the same, and can be deleted."""
    client = await ftp(printer)

    def round_trip():
        assert client.put("/bracket.3mf", CONTENT) == "226 Transfer complete."
        assert client.put("/cache/second.3mf", b"two") == "226 Transfer complete."
        assert client.size("/bracket.3mf") == len(CONTENT)
        assert client.get("/bracket.3mf") == CONTENT
        assert client.pwd() == "/"
        client.cwd("/cache")
        assert client.pwd() == "/cache"
        assert client.get("second.3mf") == b"two"
        client.delete("second.3mf")
        assert refused(client, "size", "second.3mf").startswith("550")
        assert refused(client, "get", "second.3mf").startswith("550")
        client.voidcmd("NOOP")
        assert client.quit().startswith("221")

    await asyncio.to_thread(round_trip)
    assert dict(printer.files) == {"/bracket.3mf": CONTENT}


async def test_the_certificate_names_the_serial_number(printer):
    """TLS 1.2 from the first byte, with the printer's own certificate."""
    client = await ftp(printer)
    certificate = x509.load_der_x509_certificate(client.certificate())
    (name,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert name.value == printer.sim.serial
    assert client.sock.version() == "TLSv1.2"
    client.close()


async def test_a_wrong_code_is_530(printer):
    """Nobody gets in without the access code, and nothing works before."""

    def attempt():
        client = PrinterFtp(printer.ftps_port)
        assert refused(client, "nlst").startswith("530")
        assert refused(client, "login", "bblp", "00000000").startswith("530")
        assert refused(client, "login", "root", printer.sim.access_code).startswith("530")
        assert refused(client, "put", "/x.3mf", b"x").startswith("530")
        client.close()

    await asyncio.to_thread(attempt)
    assert len(printer.files) == 0


async def test_data_connections_resume_the_session_of_their_control_connection(printer):
    """A fresh session is refused with 522, that of another control connection too."""
    context = client_context()
    first, second = await ftp(printer, context=context), await ftp(printer, context=context)

    def attempt():
        own = second.session
        for wrong in (None, first.session):
            second.session = wrong
            assert refused(second, "put", "/x.3mf", CONTENT).startswith("522")
            assert refused(second, "nlst").startswith("522")
        second.session = own
        assert second.put("/x.3mf", b"mine") == "226 Transfer complete."
        assert second.put("/y.3mf", b"mine") == "226 Transfer complete."

    await asyncio.to_thread(attempt)
    assert dict(printer.files) == {"/x.3mf": b"mine", "/y.3mf": b"mine"}


async def test_a_printer_without_the_check_takes_any_session(printer):
    """The quirk lets data connections with a session of their own through."""
    printer.quirks.session_reuse_required = False
    client = await ftp(printer)
    client.session = None
    await asyncio.to_thread(client.put, "/x.3mf", CONTENT)
    assert printer.files["/x.3mf"] == CONTENT


async def test_some_a1_printers_take_clear_data_only(printer):
    """`PROT P` is accepted and then fails with 425; `PROT C` works, the control stays encrypted."""
    printer.quirks.clear_data_only = True
    client = await ftp(printer)

    def attempt():
        assert refused(client, "put", "/x.3mf", CONTENT).startswith("425")
        client.prot_c()
        assert client.put("/x.3mf", CONTENT) == "226 Transfer complete."
        assert client.get("/x.3mf") == CONTENT

    await asyncio.to_thread(attempt)


async def test_folders_and_listings(printer, x1c):
    """P1 printers list bare names, X1 printers whole paths; `LIST` tells folders and sizes."""
    for each, names in ((printer, ["a.3mf", "b c.3mf"]), (x1c, ["/cache/a.3mf", "/cache/b c.3mf"])):
        each.files["/cache/a.3mf"] = b"12345"
        each.files["/cache/b c.3mf"] = b""
        client = await ftp(each)
        assert await asyncio.to_thread(client.nlst, "/cache") == names
        lines = []
        await asyncio.to_thread(client.dir, "/", lines.append)
        assert {line.split()[-1]: line[0] for line in lines}["cache"] == "d"
        lines.clear()
        await asyncio.to_thread(client.dir, "/cache", lines.append)
        fields = lines[0].split()
        assert (fields[0], fields[4], fields[-1]) == ("-rwxr-xr-x", "5", "a.3mf")

    def folders():
        assert client.mkd("/jobs") == "/jobs"
        assert refused(client, "mkd", "/jobs").startswith("550")
        client.put("/jobs/x.3mf", b"x")
        assert refused(client, "rmd", "/jobs").startswith("550")
        client.delete("/jobs/x.3mf")
        assert client.rmd("/jobs").startswith("250")
        assert refused(client, "cwd", "/jobs").startswith("550")

    await asyncio.to_thread(folders)


@pytest.mark.parametrize(
    "path",
    ["/a<b.3mf", "/a?.3mf", "/x\x01.3mf", "/x.", "/" + "ä" * 128, "/nowhere/x.3mf", "/cache"],
)
async def test_names_a_card_does_not_take_are_553(printer, path):
    """Forbidden characters, trailing dots, names of more than 255 bytes, missing folders."""
    client = await ftp(printer)
    assert (await asyncio.to_thread(refused, client, "put", path, b"x")).startswith("553")


async def test_no_card_is_553_and_550_and_a_full_one_552(printer):
    """A missing card refuses everything, a full one only uploads."""
    printer.files["/old.3mf"] = b"old"
    client = await ftp(printer)

    def missing():
        assert refused(client, "put", "/x.3mf", b"x").startswith("553")
        for call in (("nlst",), ("size", "/old.3mf"), ("get", "/old.3mf"), ("cwd", "/cache")):
            assert refused(client, *call).startswith("550")

    def full():
        assert refused(client, "put", "/x.3mf", b"x").startswith("552")
        assert client.get("/old.3mf") == b"old"

    printer.quirks.storage_missing = True
    await asyncio.to_thread(missing)
    printer.quirks.storage_missing = False
    printer.quirks.storage_full = True
    await asyncio.to_thread(full)


async def test_what_does_not_fit_is_refused_with_552(printer):
    """The memory of the card is bounded."""
    printer.files.capacity = 1_000
    client = await ftp(printer)

    def attempt():
        assert refused(client, "put", "/x.3mf", b"x" * 1_001).startswith("552")
        assert client.put("/y.3mf", b"y" * 1_000).startswith("226")

    await asyncio.to_thread(attempt)
    assert list(printer.files) == ["/y.3mf"]


async def test_an_upload_is_cut_as_often_as_wanted(printer):
    """Both connections are gone after so many bytes, the part stays; the second time it works."""
    printer.quirks.drop_upload_at = 100_000
    printer.quirks.drop_upload_times = 1
    client = await ftp(printer)

    with pytest.raises((OSError, EOFError)):
        await asyncio.to_thread(client.put, "/x.3mf", CONTENT)
    assert printer.files["/x.3mf"] == CONTENT[:100_000]
    again = await ftp(printer)
    assert await asyncio.to_thread(again.put, "/x.3mf", CONTENT) == "226 Transfer complete."
    assert printer.files["/x.3mf"] == CONTENT


async def test_a_complete_upload_may_end_in_426(printer):
    """The reply is wrong, `SIZE` tells the truth."""
    printer.quirks.abort_after_upload = True
    client = await ftp(printer)
    assert (await asyncio.to_thread(refused, client, "put", "/x.3mf", CONTENT)).startswith("426")
    assert await asyncio.to_thread(client.size, "/x.3mf") == len(CONTENT)


async def test_closing_tls_after_an_upload_is_not_answered(printer):
    """A client that waits for the answer waits for ever; with the quirk off it is answered."""
    client = await ftp(printer, timeout=0.5)
    with pytest.raises(TimeoutError):
        await asyncio.to_thread(client.put, "/x.3mf", CONTENT, unwrap=True)
    assert printer.files["/x.3mf"] == CONTENT
    printer.quirks.answers_tls_shutdown = True
    second = await ftp(printer)
    reply = await asyncio.to_thread(second.put, "/x.3mf", CONTENT, unwrap=True)
    assert reply == "226 Transfer complete."


async def test_late_replies_and_slow_transfers(printer):
    """226 comes when it comes, and bytes no faster than told, in both directions."""
    loop = asyncio.get_running_loop()
    printer.quirks.late_reply_seconds = 0.3
    client = await ftp(printer)
    began = loop.time()
    await asyncio.to_thread(client.put, "/x.3mf", CONTENT[:1_000])
    assert loop.time() - began >= 0.3
    printer.quirks.late_reply_seconds = 0.0
    printer.quirks.bytes_per_second = 5_000
    for work in ((client.put, "/x.3mf", CONTENT[:1_000]), (client.get, "/x.3mf")):
        began = loop.time()
        await asyncio.to_thread(*work)
        assert loop.time() - began >= 0.2


async def test_a_printer_that_goes_off_cuts_transfers(printer):
    """Power off in the middle of a file; on again at the same port."""
    printer.quirks.bytes_per_second = 10_000
    client, port = await ftp(printer), printer.ftps_port
    upload = asyncio.create_task(asyncio.to_thread(client.put, "/x.3mf", CONTENT))
    await asyncio.sleep(0.2)
    await printer.power_off()
    with pytest.raises((OSError, EOFError)):
        await upload
    with pytest.raises(OSError, match="refused"):
        await ftp(printer)
    await printer.power_on()
    assert printer.ftps_port == port
    printer.change_code("11112222")
    again = await ftp(printer, code="11112222")
    assert await asyncio.to_thread(again.pwd) == "/"


async def test_quirks_are_set_through_the_control_port():
    """A part of them at a time; what is wrong is 422 and names the field; the list shows them."""
    async with SimulatedFarm(SimulatorOptions(base_port=0)) as farm:
        printer = farm.printers[0]
        transport = httpx.ASGITransport(control_app(farm))
        async with httpx.AsyncClient(transport=transport, base_url="http://control") as control:
            path = f"/printers/{printer.sim.serial}/quirks"
            answer = await control.post(path, json={"storage_full": True})
            assert answer.json()["quirks"] == {"storage_full": True}
            await control.post(path, json={"bytes_per_second": 75_000})
            assert printer.quirks.storage_full
            assert printer.quirks.bytes_per_second == 75_000
            for wrong, field in (
                ({"bytes_per_second": 0}, "bytes_per_second"),
                ({"storage_full": "yes"}, "storage_full"),
                ({"storage_fool": True}, "storage_fool"),
            ):
                answer = await control.post(path, json=wrong)
                assert (answer.status_code, answer.json()["field"]) == (422, field)
            printer.files["/x.3mf"] = b"123"
            (listed,) = (await control.get("/printers")).json()
            assert listed["files"] == {"/x.3mf": 3}
            assert listed["quirks"] == {"storage_full": True, "bytes_per_second": 75_000}
