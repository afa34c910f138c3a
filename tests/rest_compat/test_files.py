"""Files of the history over REST: uploaded, downloaded whole and in parts, pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.running import RunningServer, eventually, running
from tests.sliced import PNG, Filament, Plate, threemf

CONTENT = threemf(Plate(1), Plate(2, picture=PNG + b"second"), Plate(3, picture=None))


@pytest.fixture
def client(server: RunningServer) -> httpx.AsyncClient:
    client = server.client()
    client.base_url = httpx.URL(f"{server.base}/api/v1")
    return client


async def _upload(
    client: httpx.AsyncClient, content: bytes = CONTENT, name: str = "benchy.3mf", **fields: Any
) -> dict[str, Any]:
    answer = await client.post("/archives", files={"file": (name, content)}, data=fields)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_form_with_a_file_makes_an_archive(client: httpx.AsyncClient) -> None:
    """201 with the archive as every other answer shows it."""
    project = (await client.post("/projects", json={"name": "Fleet"})).json()
    made = await _upload(client, name="benchy.gcode.3mf", name_="x", project_id=project["id"])
    assert {name: made[name] for name in made if name not in ("created_at", "id")} == {
        "name": "Benchy",
        "filename": "benchy.gcode.3mf",
        "printer_id": None,
        "printer_name": None,
        "project_id": project["id"],
        "started_at": None,
        "completed_at": None,
        "duration": None,
        "status": "ready",
        "progress": None,
        "filament_used": 12.34,
        "filament_type": "PLA",
        "cost": None,
        "failure_reason": None,
        "notes": None,
        "tags": [],
    }
    assert (await client.get(f"/archives/{made['id']}")).json() == made
    queued = await client.post("/queue", json={"archive_id": made["id"]})
    assert queued.status_code == 201


REFUSED: list[tuple[dict[str, Any], dict[str, str], str]] = [
    ({}, {"name": "x"}, "file: is required"),
    ({"file": ("x.3mf", b"x")}, {}, "file: The file is not a sound 3MF"),
    ({"file": ("x.stl", CONTENT)}, {}, "file: Only sliced files"),
    ({"file": ("x.3mf", CONTENT)}, {"plate": "9"}, "plate: The plates that can be printed"),
    ({"file": ("x.3mf", CONTENT)}, {"plate": "x"}, "plate: must be a whole number"),
    ({"file": ("x.3mf", CONTENT)}, {"project_id": "0"}, "project_id: must be between"),
]


async def test_a_refused_form_names_the_field(client: httpx.AsyncClient) -> None:
    """400 in the form of the dialect; nothing is kept."""
    for files, fields, detail in REFUSED:
        answer = await client.post("/archives", files=files or {"other": ("x", b"x")}, data=fields)
        assert answer.status_code == 400
        assert answer.json()["code"] == "VALIDATION_ERROR"
        assert answer.json()["detail"].startswith(detail)
    assert (await client.get("/archives")).json()["total"] == 0


async def test_an_unknown_project_is_404(client: httpx.AsyncClient) -> None:
    """As everywhere else."""
    answer = await client.post(
        "/archives", files={"file": ("x.3mf", CONTENT)}, data={"project_id": "7"}
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


async def test_other_bodies_are_415(client: httpx.AsyncClient) -> None:
    """A file comes in a form."""
    answer = await client.post("/archives", json={"file": "x"})
    assert (answer.status_code, answer.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


async def test_too_much_is_413(tmp_path: Path) -> None:
    """In the form of the dialect."""
    async with running(tmp_path, max_file_mb=1) as server:
        answer = await server.client().post(
            "/api/v1/archives", files={"file": ("x.gcode", b"G1\n" * 400_000)}
        )
    assert (answer.status_code, answer.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")


async def test_the_file_comes_back(client: httpx.AsyncClient) -> None:
    """The very bytes, under their name, with a tag that spares the second download."""
    made = await _upload(client, name="Größe 1.3mf")
    url = f"/archives/{made['id']}/3mf"
    answer = await client.get(url)
    assert answer.status_code == 200
    assert answer.content == CONTENT
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-length"] == str(len(CONTENT))
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"Gr__e 1.3mf\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%201.3mf"
    )
    again = await client.get(url, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = await client.head(url)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(CONTENT))
    assert head.headers["etag"] == answer.headers["etag"]


RANGES: list[tuple[str, int, tuple[int, int | None] | None]] = [
    ("bytes=0-0", 206, (0, 1)),
    ("bytes=10-19", 206, (10, 20)),
    ("bytes=100-", 206, (100, None)),
    ("bytes=-7", 206, (-7, None)),
    ("bytes=-999999999", 206, (0, None)),
    ("bytes=5-99999999999", 206, (5, None)),
    ("Bytes = 3 - 4", 206, (3, 5)),
    ("bytes=-0", 416, None),
    (f"bytes={len(CONTENT)}-", 416, None),
    ("bytes=9999999-99999999", 416, None),
    ("bytes=5-3", 200, (0, None)),
    ("bytes=-", 200, (0, None)),
    ("bytes=0-1,5-6", 200, (0, None)),
    ("lines=0-1", 200, (0, None)),
    ("bytes=a-b", 200, (0, None)),
]


async def test_parts_of_a_file(client: httpx.AsyncClient) -> None:
    """One plain range is served, one that lies behind the end is refused, others mean all."""
    made = await _upload(client)
    for asked, status, part in RANGES:
        answer = await client.get(f"/archives/{made['id']}/3mf", headers={"Range": asked})
        assert answer.status_code == status, asked
        expected = b"" if part is None else CONTENT[slice(*part)]
        assert answer.content == expected
        assert answer.headers["content-length"] == str(len(expected))
        told = answer.headers.get("content-range")
        if status == 206:
            start = CONTENT.rindex(expected) if asked.startswith("bytes=-") else (part or (0,))[0]
            start = 0 if expected == CONTENT else start
            assert told == f"bytes {start}-{start + len(expected) - 1}/{len(CONTENT)}"
        else:
            assert told == (f"bytes */{len(CONTENT)}" if status == 416 else None)


async def test_a_part_of_what_has_changed(client: httpx.AsyncClient) -> None:
    """`If-Range` with another tag or time gets the whole."""
    made = await _upload(client)
    url = f"/archives/{made['id']}/3mf"
    whole = await client.get(url)
    for given, status in (
        (whole.headers["etag"], 206),
        (whole.headers["last-modified"], 206),
        ('"other"', 200),
        ("Mon, 01 Jan 2024 00:00:00 GMT", 200),
        ("nonsense", 200),
    ):
        answer = await client.get(url, headers={"Range": "bytes=0-3", "If-Range": given})
        assert answer.status_code == status, given
    head = await client.head(url, headers={"Range": "bytes=0-3"})
    assert (head.status_code, head.headers["content-length"]) == (206, "4")


async def test_pictures_of_plates(client: httpx.AsyncClient) -> None:
    """Of the printed plate, or of any that has one."""
    made = await _upload(client)
    url = f"/archives/{made['id']}/thumbnail"
    answer = await client.get(url)
    assert (answer.content, answer.headers["content-type"]) == (PNG, "image/png")
    assert "content-disposition" not in answer.headers
    assert (await client.get(url, params={"plate": 2})).content == PNG + b"second"
    for plate, status in ((3, 404), (4, 404), (0, 400), ("x", 400)):
        assert (await client.get(url, params={"plate": plate})).status_code == status
    again = await client.get(url, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


async def test_what_is_not_there_is_404(client: httpx.AsyncClient) -> None:
    """No such archive, whatever its number."""
    for what in ("3mf", "thumbnail"):
        for number in ("1", "0", "abc", str(2**63)):
            answer = await client.get(f"/archives/{number}/{what}")
            assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


async def test_deleting_the_archive_deletes_the_file(
    server: RunningServer, client: httpx.AsyncClient
) -> None:
    """Its last user takes it along."""
    one, two = await _upload(client), await _upload(client, name="two.3mf")
    await client.delete(f"/archives/{one['id']}")
    assert (await client.get(f"/archives/{one['id']}/3mf")).status_code == 404
    assert (await client.get(f"/archives/{two['id']}/3mf")).content == CONTENT
    await client.delete(f"/archives/{two['id']}")

    async def empty() -> bool:
        return [key async for key, _ in server.runtime.files.storage.contents()] == []

    await eventually(empty)


async def test_bytes_that_somebody_removed(
    server: RunningServer, client: httpx.AsyncClient
) -> None:
    """A file that is gone from the storage is 404, not half an answer."""
    made = await _upload(client)
    async for key, _ in server.runtime.files.storage.contents():
        await server.runtime.files.storage.delete(key)
    answer = await client.get(f"/archives/{made['id']}/3mf")
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


async def test_grams_of_all_filaments(client: httpx.AsyncClient) -> None:
    """What the file means to use, of every material once."""
    plate = Plate(filaments=(Filament(1), Filament(2, "PETG", grams="1.5"), Filament(3)))
    made = await _upload(client, threemf(plate))
    assert (made["filament_used"], made["filament_type"]) == (26.18, "PLA, PETG")
