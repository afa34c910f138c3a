"""The storage of a printer over real sockets, with the quirks that printers have."""

import asyncio
import os
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.errors import Invalid
from app.ftps.connection import CONNECT_SECONDS
from app.ftps.errors import (
    StorageAccessRefused,
    StorageRefused,
    StorageUnreachable,
    StoredFileMissing,
    StoredFileTooLarge,
)
from app.ftps.storage import Content, PrinterStorages
from app.ftps.target import StorageTarget
from app.printers.models import Trust
from app.printers.tls import identity_of
from tests.app.ftps.server import CODE, SERIAL, PrinterFtp, Quirks
from tests.services import free_port

BODY = os.urandom(300_000)


@pytest.fixture
def storages():
    made = PrinterStorages(None)
    yield made
    made.close()


def target(port, *, code=CODE, serial=SERIAL, trust=Trust.PINNED, key=None, printer_id=7):
    return StorageTarget(printer_id, serial, "127.0.0.1", port, trust, key, code)


async def send(storages, printer, body=BODY, name="/part.3mf", **about):
    async def blocks():
        for start in range(0, len(body), 50_000):
            yield body[start : start + 50_000]

    async with storages.open(target(printer.port, **about)) as storage:
        await storage.upload(Content(len(body), blocks()), name)


async def test_a_file_is_sent_listed_measured_fetched_and_deleted(storages, tmp_path):
    """The whole round over one connection whose data connections resume its TLS session."""
    local, back = tmp_path / "part.3mf", tmp_path / "back.3mf"
    local.write_bytes(BODY)
    seen = []
    with PrinterFtp() as printer:
        async with storages.open(target(printer.port)) as storage:
            await storage.upload(local, "/part.3mf", progress=lambda *told: seen.append(told))
            assert printer.files == {"/part.3mf": BODY}
            listed = await storage.listing()
            assert [(each.path, each.size, each.is_folder) for each in listed] == [
                ("/cache", 0, True),
                ("/part.3mf", len(BODY), False),
            ]
            assert listed[1].modified == datetime(2026, 3, 5, tzinfo=UTC)
            assert listed[1].name == "part.3mf"
            assert await storage.size("/part.3mf") == len(BODY)
            assert await storage.download("/part.3mf", back, limit=len(BODY)) == len(BODY)
            await storage.delete("/part.3mf")
            with pytest.raises(StoredFileMissing):
                await storage.delete("/part.3mf")
        assert printer.files == {}
        assert printer.sessions == 1
    assert back.read_bytes() == BODY
    assert seen[-1] == (len(BODY), len(BODY))
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})


async def test_an_upload_may_come_in_blocks_from_elsewhere(storages):
    """What is not on the disk is sent as it is made; a size that is wrong is noticed."""
    with PrinterFtp() as printer:
        await send(storages, printer)
        assert printer.files == {"/part.3mf": BODY}

        async def short():
            yield b"x"

        async with storages.open(target(printer.port)) as storage:
            with pytest.raises(StorageUnreachable, match="changed while it was sent"):
                await storage.upload(Content(5, short()), "/part.3mf")


@pytest.mark.parametrize(
    "quirks", [Quirks(protects=False), Quirks(refuses_prot=True)], ids=["when tried", "when asked"]
)
async def test_a_printer_without_protected_data_is_remembered(storages, quirks):
    """The data then goes in clear and the rest stays protected; the next time at once."""
    with PrinterFtp(quirks) as printer:
        await send(storages, printer)
        assert printer.files == {"/part.3mf": BODY}
        assert "PROT C" in printer.log
        printer.log.clear()
        await send(storages, printer)
        assert "PROT P" not in printer.log
        assert "PROT C" in printer.log


async def test_a_426_after_everything_arrived_is_no_failure(storages):
    """The size on the printer decides."""
    with PrinterFtp(Quirks(last_word="426 broken")) as printer:
        await send(storages, printer)
        assert printer.files == {"/part.3mf": BODY}


@pytest.mark.parametrize(
    "quirks",
    [
        Quirks(last_word="426 broken", keeps=1000),
        Quirks(last_word="426 broken", knows_size=False),
        Quirks(keeps=1000),
    ],
    ids=["426 and short", "426 and no size", "short"],
)
async def test_a_file_that_was_cut_off_is_a_failure(storages, quirks):
    """Nobody is told that a part of a file is the whole of it."""
    with PrinterFtp(quirks) as printer, pytest.raises(StorageUnreachable, match="cut off"):
        await send(storages, printer)


async def test_the_last_word_may_come_late_or_never(storages):
    """A lost control connection after all was sent is looked into over a new one."""
    with PrinterFtp(Quirks(late=0.3)) as printer:
        await send(storages, printer)
    with PrinterFtp(Quirks(last_word="")) as printer:
        await send(storages, printer)
        assert printer.files == {"/part.3mf": BODY}
        assert printer.sessions == 2


async def test_a_printer_that_cannot_tell_sizes_is_believed(storages, tmp_path):
    """Some know no SIZE; a fetched file is then limited while it arrives."""
    with PrinterFtp(Quirks(knows_size=False)) as printer:
        await send(storages, printer)
        async with storages.open(target(printer.port)) as storage:
            assert await storage.size("/part.3mf") is None
            with pytest.raises(StoredFileTooLarge):
                await storage.download("/part.3mf", tmp_path / "back", limit=1000)


async def test_a_file_beyond_the_limit_is_not_fetched(storages, tmp_path):
    """The size is asked first."""
    with PrinterFtp() as printer:
        printer.files["/big.3mf"] = BODY
        async with storages.open(target(printer.port)) as storage:
            with pytest.raises(StoredFileTooLarge):
                await storage.download("/big.3mf", tmp_path / "back", limit=1000)
        assert not any(line.startswith("RETR") for line in printer.log)


async def test_a_wrong_access_code_is_told_without_repeating_it(storages):
    """The refusal speaks of the code, also where the printer repeats what it was given."""
    with PrinterFtp() as printer:
        with pytest.raises(StorageAccessRefused, match="access code") as caught:
            await send(storages, printer, code="secret-code")
        assert "secret-code" not in str(caught.value)
        assert "secret-code" not in repr(target(printer.port, code="secret-code"))


@pytest.mark.parametrize(
    ("reply", "words"),
    [("553 cannot create", "missing, full or"), ("552 full", "full"), ("550 no", "cannot store")],
)
async def test_a_printer_without_room_says_so(storages, reply, words):
    """No card, a full card, a protected card."""
    quirks = Quirks(store_reply=reply)
    with PrinterFtp(quirks) as printer, pytest.raises(StorageRefused, match=words):
        await send(storages, printer)


async def test_the_code_is_not_given_to_a_stranger(storages):
    """Another serial or another key than the pinned one is refused before signing in."""
    with PrinterFtp() as printer:
        with pytest.raises(StorageAccessRefused, match="serial number"):
            await send(storages, printer, serial="00M09A350100002")
        with pytest.raises(StorageAccessRefused, match="key is not the one"):
            await send(storages, printer, key=b"\x00" * 32)
        assert printer.passwords == []
        assert printer.log == []
        await send(storages, printer, serial="00M09A350100002", trust=Trust.NONE)
        assert printer.passwords == [CODE]


async def test_the_pinned_key_is_good_for_the_storage(storages):
    """The key that the MQTT link pinned is the printer's one key."""
    with PrinterFtp() as printer:
        import ssl

        certificate = ssl.get_server_certificate(("127.0.0.1", printer.port))
        _, key = identity_of(ssl.PEM_cert_to_DER_cert(certificate))
        await send(storages, printer, key=key)
        assert printer.files == {"/part.3mf": BODY}


async def test_nobody_there(storages):
    """A closed port is told with the address."""
    port = free_port()
    with pytest.raises(StorageUnreachable, match=rf"127.0.0.1:{port} refuses"):
        async with storages.open(target(port)):
            pass


async def test_one_connection_per_printer_at_a_time(storages):
    """Two transfers to one printer wait for each other; two printers do not."""
    with PrinterFtp(Quirks(slow_block=0.01)) as printer:
        await asyncio.gather(*(send(storages, printer, name=f"/{n}.3mf") for n in range(3)))
        assert len(printer.files) == 3
        assert printer.most_at_once == 1
        both = (send(storages, printer, printer_id=n) for n in (1, 2))
        await asyncio.gather(*both)
        assert printer.most_at_once == 2


async def test_a_cancelled_upload_lets_go_at_once(storages):
    """The connection is cut and the printer is free for the next one."""
    with PrinterFtp(Quirks(slow_block=30)) as printer:
        started = asyncio.Event()

        async def blocks():
            while True:
                yield b"x" * 65536
                started.set()

        async def upload():
            async with storages.open(target(printer.port)) as storage:
                await storage.upload(Content(10**9, blocks()), "/part.3mf")

        working = asyncio.create_task(upload())
        await started.wait()
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await working
        printer.quirks.slow_block = 0
        await send(storages, printer)


async def test_listings_in_other_forms(storages):
    """Whole paths or bare names mean the same."""
    for full in (True, False):
        with PrinterFtp(Quirks(odd_list=True, full_names=full)) as printer:
            printer.files["/a b.3mf"] = b"x"
            async with storages.open(target(printer.port)) as storage:
                assert [each.path for each in await storage.listing()] == ["/a b.3mf"]


async def test_a_name_cannot_smuggle_commands(storages):
    """A line break would begin another command."""
    with PrinterFtp() as printer:
        with pytest.raises(Invalid):
            await send(storages, printer, name="/a\r\nDELE /b")
        async with storages.open(replace(target(printer.port), printer_id=9)) as storage:
            for call in (storage.size, storage.delete, storage.listing):
                with pytest.raises(Invalid):
                    await call("/a\nDELE /b")
        assert not any(line.startswith("DELE") for line in printer.log)


async def test_a_handshake_that_is_cancelled_lets_go(storages):
    """Its thread ends at once and not when its patience does: processes wait for threads."""
    asked, left = asyncio.Event(), asyncio.Event()

    async def mute(reader, writer):
        await reader.read(1)
        asked.set()
        while await reader.read(4096):
            pass
        left.set()
        writer.close()

    async def connect(port):
        async with storages.open(target(port)):
            pass

    async with await asyncio.start_server(mute, "127.0.0.1", 0) as printer:
        working = asyncio.create_task(connect(printer.sockets[0].getsockname()[1]))
        await asked.wait()
        working.cancel()
        async with asyncio.timeout(CONNECT_SECONDS / 2):
            await asyncio.wait({working})
            await left.wait()
        assert working.cancelled()
