"""Files are uploaded through GraphQL."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.files.models import FileContent, StoredFile
from tests.running import KEY, RunningServer, eventually, running
from tests.schema.asking import change, refused
from tests.schema.uploading import UPLOAD, send_file, upload
from tests.sliced import GCODE, Filament, Plate, threemf
from tests.statements import counted


async def _keys(server: RunningServer) -> list[str]:
    return [key async for key, _ in server.runtime.files.storage.contents()]


async def test_a_sliced_file_becomes_a_record_that_can_be_printed(server: RunningServer) -> None:
    """Everything the file tells, with file and picture, outside of all statistics."""
    filaments = (Filament(1), Filament(3, "PETG", "#112233", "2.5", "0.8", "GFG00"))
    content = threemf(Plate(1, name="Hull", filaments=filaments), Plate(2, code=False))
    payload = await upload(server, content, "benchy.gcode.3mf", tags=["gift"], notes="For Mary")
    assert payload["userErrors"] == []
    archive = payload["archive"]
    number = archive.pop("databaseId")
    archive.pop("id")
    base = f"/api/v1/archives/{number}"
    hull = [
        {
            "number": 1,
            "material": "PLA",
            "color": "#00AE42",
            "preset": "GFA00",
            "grams": 12.34,
            "meters": 4.11,
        },
        {
            "number": 3,
            "material": "PETG",
            "color": "#112233",
            "preset": "GFG00",
            "grams": 2.5,
            "meters": 0.8,
        },
    ]
    assert archive.pop("plates")[0] == {
        "number": 1,
        "name": "Hull",
        "printable": True,
        "estimatedDuration": 3723,
        "weight": 14.84,
        "layers": 120,
        "printerModel": "P1S",
        "nozzleDiameters": [0.4],
        "thumbnailUrl": f"{base}/thumbnail?plate=1",
        "filaments": hull,
    }
    assert archive == {
        "name": "Benchy",
        "filename": "benchy.gcode.3mf",
        "status": "READY",
        "estimatedDuration": 3723,
        "totalLayers": 120,
        "filamentUsed": 14.84,
        "filamentType": "PLA, PETG",
        "notes": "For Mary",
        "tags": ["gift"],
        "hasFile": True,
        "fileUrl": f"{base}/3mf",
        "thumbnailUrl": f"{base}/thumbnail",
        "fileProblem": None,
        "project": None,
        "plate": {"number": 1},
        "filaments": [
            {name: item[name] for name in ("material", "color", "grams", "meters")} for item in hull
        ],
    }
    data = await server.graphql("{ statistics { totalPrints } archives { totalCount } }")
    assert data == {"statistics": {"totalPrints": 0}, "archives": {"totalCount": 1}}


async def test_the_plate_and_the_title_are_chosen(server: RunningServer) -> None:
    """By the uploader; a plate that cannot be printed is refused by its field."""
    content = threemf(Plate(1), Plate(2, seconds=60, layers=5), Plate(3, code=False))
    archive = (await upload(server, content, plate=2, name=" Mine "))["archive"]
    assert (archive["name"], archive["plate"], archive["estimatedDuration"]) == (
        "Mine",
        {"number": 2},
        60,
    )
    payload = await upload(server, content, plate=3)
    assert payload == {
        "archive": None,
        "userErrors": [
            {
                "code": "INVALID",
                "message": "The plates that can be printed are 1, 2.",
                "field": ["input", "plate"],
            }
        ],
    }


async def test_plain_g_code_is_taken_too(server: RunningServer) -> None:
    """Without a picture, under the name of the file."""
    archive = (await upload(server, GCODE, "../folder\\Vase.gcode"))["archive"]
    assert (archive["name"], archive["filename"]) == ("Vase", "Vase.gcode")
    assert (archive["thumbnailUrl"], archive["filamentUsed"]) == (None, 14.75)


REFUSED: list[tuple[bytes, str, dict[str, Any], str]] = [
    (b"nothing", "x.3mf", {}, "file"),
    (threemf(Plate(code=False)), "x.3mf", {}, "file"),
    (threemf(), "x.stl", {}, "file"),
    (threemf(), "x.3mf", {"projectId": "bm90aGluZw=="}, "projectId"),
    (threemf(), "x.3mf", {"name": "x" * 501}, "name"),
    (threemf(), "x.3mf", {"tags": ["x" * 101]}, "tags"),
    (threemf(), "x.3mf", {"plate": 0}, "plate"),
]


async def test_what_is_refused_leaves_nothing(server: RunningServer) -> None:
    """No record, no row, no byte."""
    for content, filename, given, field in REFUSED:
        payload = await upload(server, content, filename, **given)
        assert payload["archive"] is None
        assert [error["field"] for error in payload["userErrors"]] == [["input", field]]

    async def empty() -> bool:
        return await _keys(server) == []

    await eventually(empty)
    incoming = server.runtime.files.incoming._folder
    assert list(incoming.iterdir()) == []
    data = await server.graphql("{ archives { totalCount } }")
    assert data == {"archives": {"totalCount": 0}}


async def test_the_same_file_is_stored_once(server: RunningServer, owner: Viewer) -> None:
    """Until its last record is deleted: then file and picture go."""
    first = (await upload(server, threemf()))["archive"]
    second = (await upload(server, threemf(), "other.3mf"))["archive"]
    assert len(await _keys(server)) == 2  # the file and its picture
    async with server.runtime.database.read(owner.team_id) as session:
        uses = dict((await session.execute(select(StoredFile.media_type, StoredFile.uses))).all())
    assert uses == {"model/3mf": 2, "image/png": 1}
    await change(server, "deleteArchive", "deletedId", id=first["id"])
    assert len(await _keys(server)) == 2
    await change(server, "deleteArchive", "deletedId", id=second["id"])

    async def empty() -> bool:
        return await _keys(server) == []

    await eventually(empty)
    async with server.runtime.database.read(owner.team_id) as session:
        assert await session.scalar(select(func.count()).select_from(FileContent)) == 0


async def test_a_key_needs_the_library(server: RunningServer) -> None:
    """Without its scope nothing is kept."""
    from app.accounts.models import Role

    others = [scope for scope in Scope if scope is not Scope.LIBRARY]
    key = await server.member("another", Role.OWNER, *others)
    payload = await upload(server, threemf(), key=key)
    assert [error["code"] for error in payload["userErrors"]] == ["FORBIDDEN"]


async def test_a_file_cannot_come_as_json(server: RunningServer) -> None:
    """A text is no file."""
    answer = await server.client().post(
        "/graphql", json={"query": UPLOAD, "variables": {"input": {"file": "benchy.3mf"}}}
    )
    assert "multipart" in answer.json()["errors"][0]["message"]


async def test_a_file_beyond_the_limit_is_413(tmp_path: Path) -> None:
    """Told before it is read when its length is known, else as soon as it is too much."""
    async with running(tmp_path, max_file_mb=1) as server:
        content = b"; g-code\n" + b"G1 X1\n" * 200_000
        form = {
            "operations": json.dumps({"query": UPLOAD, "variables": {"input": {"file": None}}}),
            "map": '{"0": ["variables.input.file"]}',
        }
        whole = server.client().build_request(
            "POST", "/graphql", data=form, files={"0": ("x.gcode", content)}
        )

        async def in_pieces() -> AsyncIterator[bytes]:
            body = await whole.aread()
            for start in range(0, len(body), 60_000):
                yield body[start : start + 60_000]

        kind = {"Content-Type": whole.headers["content-type"]}
        for answer in (
            await server.client().send(whole),
            await server.client().post("/graphql", content=in_pieces(), headers=kind),
        ):
            assert answer.status_code == 413
            assert answer.json()["errors"][0]["extensions"]["code"] == "PAYLOAD_TOO_LARGE"
        assert not list(server.runtime.files.incoming._folder.glob("*"))


async def test_many_megabytes_pass_by(server: RunningServer) -> None:
    """A large file goes to disk as it comes."""
    content = b"; total layer number: 7\n" + b"G1 X1 Y2 E0.1\n" * 1_500_000
    archive = (await upload(server, content, "big.gcode"))["archive"]
    assert archive["totalLayers"] == 7
    answer = await server.client().get(archive["fileUrl"])
    assert answer.content == content


BROKEN_REQUESTS = [
    ({"operations": "x", "map": "{}"}, "`operations` is not valid JSON."),
    ({"operations": "[]", "map": "{}"}, "A GraphQL request is a JSON object."),
    ({"operations": '{"query": "{ x }"}', "map": "[]"}, "`map` must be an object."),
    (
        {"operations": '{"query": "{ x }"}', "map": '{"1": []}'},
        "There is no file 1 in the form.",
    ),
    (
        {"operations": '{"query": "{ x }"}', "map": '{"0": "a"}'},
        "`map` must hold lists of texts.",
    ),
    (
        {"operations": '{"query": "{ x }"}', "map": '{"0": ["variables.a"]}'},
        "`map` names variables.a, where no null stands.",
    ),
    (
        {
            "operations": '{"query": "{ x }", "variables": {"a": [1]}}',
            "map": '{"0": ["variables.a.0"]}',
        },
        "`map` names variables.a.0, where no null stands.",
    ),
    (
        {"operations": '{"query": "{ x }"}', "map": '{"0": ["query"]}'},
        "`map` names query, where no null stands.",
    ),
]


async def test_a_broken_request_says_what_is_wrong(server: RunningServer) -> None:
    """400, in words."""
    client = server.client()
    for form, message in BROKEN_REQUESTS:
        answer = await client.post("/graphql", data=form, files={"0": ("x.3mf", b"x")})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["message"] == message


BROKEN_FORMS = [
    ("multipart/form-data", b"x"),
    ("multipart/form-data; boundary=", b"x"),
    ("multipart/form-data; boundary=b", b"nothing"),
    ("multipart/form-data; boundary=b", b"--b\r\n"),
    (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="operations"\r\n\r\n{',
    ),
    (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--b--\r\n',
    ),
    (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n' * 51 + b"--b--\r\n",
    ),
    ("multipart/form-data; boundary=b", b"--b\r\n" + b"X: y\r\n" * 1000 + b"\r\n\r\n--b--"),
]


async def test_a_broken_form_is_400(server: RunningServer) -> None:
    """Whatever is sent under the name of a form."""
    client = server.client()
    for content_type, body in BROKEN_FORMS:
        answer = await client.post("/graphql", content=body, headers={"Content-Type": content_type})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["message"].endswith(".")


async def test_a_form_of_another_page_is_no_credential(server: RunningServer) -> None:
    """A browser sends no header of ours by itself, and without one nobody is signed in."""
    answer = await server.client(None).post(
        "/graphql",
        data={"operations": '{"query": "{ __typename }"}', "map": "{}"},
        files={"0": ("x", b"x")},
        headers={"Origin": "https://evil.example", "Cookie": f"key={KEY}"},
    )
    assert answer.status_code == 401


async def test_plates_of_many_archives_cost_one_statement(server: RunningServer) -> None:
    """A list of files costs as much as one file."""
    for number in range(3):
        await upload(server, threemf(Plate(seconds=number + 60)), f"{number}.3mf")
    query = """query($n: Int!) { archives(first: $n) { nodes {
        thumbnailUrl plate { number } plates { name } } } }"""
    costs = []
    for size in (1, 3):
        with counted(server.runtime.database) as statements:
            data = await server.graphql(query, {"n": size})
        assert len(data["archives"]["nodes"]) == size
        costs.append(len(statements))
    assert costs[0] == costs[1]


async def test_an_upload_is_told(server: RunningServer) -> None:
    """Subscribers of the history hear of it."""
    query = "subscription { archiveChanged { reason archive { name hasFile } } }"
    async with server.subscription(query) as changes:
        await eventually(lambda: server.runtime.hub.subscribers == 1)
        await send_file(server, UPLOAD, threemf(), "x.3mf")
        change = (await changes.next())["archiveChanged"]
    assert change == {"reason": "CREATED", "archive": {"name": "Benchy", "hasFile": True}}


async def test_nobody_else_sees_it(server: RunningServer) -> None:
    """Another team has neither record nor file."""
    archive = (await upload(server, threemf()))["archive"]
    other = server.client(await server.stranger())
    assert (await other.get(archive["fileUrl"])).status_code == 404
    assert (await other.get(archive["thumbnailUrl"])).status_code == 404
    assert await refused(server, "deleteArchive", await server.stranger(), id=archive["id"]) == (
        "NOT_FOUND",
        ["input", "id"],
    )
