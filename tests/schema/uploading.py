"""Files sent as GraphQL multipart requests."""

from __future__ import annotations

import json
from typing import Any

from tests.running import RunningServer

UPLOAD = """mutation($input: UploadArchiveInput!) { uploadArchive(input: $input) {
    archive {
        id databaseId name filename status estimatedDuration totalLayers filamentUsed
        filamentType notes tags hasFile fileUrl thumbnailUrl fileProblem project { name }
        plate { number } filaments { material color grams meters }
        plates { number name printable estimatedDuration weight layers printerModel
            nozzleDiameters thumbnailUrl filaments { number material color preset grams meters } }
    }
    userErrors { code message field } } }"""


async def send_file(
    server: RunningServer,
    query: str,
    content: bytes,
    filename: str,
    key: str | None = None,
    **given: Any,
) -> dict[str, Any]:
    """The data of a mutation whose `input.file` is this file."""
    operations = {"query": query, "variables": {"input": {**given, "file": None}}}
    answer = await server.client(key or server.key).post(
        "/graphql",
        data={
            "operations": json.dumps(operations),
            "map": json.dumps({"0": ["variables.input.file"]}),
        },
        files={"0": (filename, content, "application/octet-stream")},
    )
    body = answer.json()
    assert "errors" not in body, body
    data: dict[str, Any] = body["data"]
    return data


async def upload(
    server: RunningServer, content: bytes, filename: str = "benchy.3mf", **given: Any
) -> dict[str, Any]:
    """The payload of `uploadArchive`."""
    payload: dict[str, Any] = (await send_file(server, UPLOAD, content, filename, **given))[
        "uploadArchive"
    ]
    return payload
