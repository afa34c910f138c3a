"""Documents that are named instead of sent: automatic, trusted, and over GET with a tag."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app import pages
from app.accounts.models import Role, Scope
from app.settings import Settings, SettingsError
from schema.known_documents import KnownDocuments
from tests.running import RunningServer, receive, running

QUERY = "query Mine { viewer { role } }"
TRUSTED = "query Trusted { viewer { team { name } } }"
RESPONSE = "application/graphql-response+json"


def _persisted(text: str) -> dict[str, Any]:
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {"persistedQuery": {"version": 1, "sha256Hash": digest}}


@pytest.fixture
async def strict(tmp_path: Path) -> AsyncIterator[RunningServer]:
    """A server that answers trusted documents alone."""
    file = tmp_path / "documents.json"
    file.write_text(json.dumps({"operations": [{"id": "mine", "body": TRUSTED}]}))
    async with running(tmp_path, documents="trusted", documents_file=file) as server:
        yield server


async def test_a_hash_is_enough_once_the_text_was_sent(server: RunningServer) -> None:
    """As Apollo's clients do it: not found, then text and hash, then the hash alone, by GET too."""
    client = server.client()
    asked = {"extensions": _persisted(QUERY)}
    first = await client.post("/graphql", json=asked)
    assert first.status_code == 200
    assert first.json()["errors"] == [
        {
            "message": "PersistedQueryNotFound",
            "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"},
        }
    ]
    strictly = await client.post("/graphql", json=asked, headers={"Accept": RESPONSE})
    assert strictly.status_code == 400
    sent = await client.post("/graphql", json={**asked, "query": QUERY})
    assert sent.json() == {"data": {"viewer": {"role": "OWNER"}}}
    assert (await client.post("/graphql", json=asked)).json() == sent.json()
    parameters = {"extensions": json.dumps(asked["extensions"])}
    assert (await client.get("/graphql", params=parameters)).json() == sent.json()
    name = "sha256:" + asked["extensions"]["persistedQuery"]["sha256Hash"]
    assert (await client.get("/graphql", params={"documentId": name})).json() == sent.json()


async def test_a_hash_of_another_text_is_refused(server: RunningServer) -> None:
    """Nothing is remembered under a hash that is not its own."""
    client = server.client()
    body = {"query": QUERY, "extensions": _persisted("{ __typename }")}
    answer = await client.post("/graphql", json=body)
    assert answer.status_code == 400
    again = await client.post("/graphql", json={"extensions": body["extensions"]})
    assert again.json()["errors"][0]["message"] == "PersistedQueryNotFound"


async def test_an_unknown_id_is_not_found(server: RunningServer) -> None:
    """404, and 400 for an id that is no text."""
    client = server.client()
    unknown = await client.post("/graphql", json={"documentId": "nobody"})
    assert unknown.status_code == 404
    assert unknown.json()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    wrong = await client.post("/graphql", json={"documentId": 7})
    assert wrong.status_code == 400


async def test_a_hash_needs_a_credential_too(server: RunningServer) -> None:
    """What somebody else made known is answered to nobody."""
    await server.client().post("/graphql", json={"query": QUERY, "extensions": _persisted(QUERY)})
    answer = await server.client(None).post("/graphql", json={"extensions": _persisted(QUERY)})
    assert answer.status_code == 401


async def test_only_trusted_documents_are_answered(strict: RunningServer) -> None:
    """By id, hash or text; others to administrators alone."""
    reader = strict.client(await strict.member(None, Role.VIEWER, Scope.READ))
    by_id = await reader.post("/graphql", json={"documentId": "mine"})
    assert by_id.json()["data"]["viewer"]["team"]["name"]
    assert (await reader.post("/graphql", json={"query": TRUSTED})).json() == by_id.json()
    by_hash = await reader.post("/graphql", json={"extensions": _persisted(TRUSTED)})
    assert by_hash.json() == by_id.json()
    other = await reader.post("/graphql", json={"query": QUERY})
    assert other.status_code == 403
    assert other.json()["errors"][0]["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"
    owner = await strict.client().post("/graphql", json={"query": QUERY})
    assert owner.json() == {"data": {"viewer": {"role": "OWNER"}}}
    await strict.client().post("/graphql", json={"query": QUERY, "extensions": _persisted(QUERY)})
    known = await reader.post("/graphql", json={"extensions": _persisted(QUERY)})
    assert known.json()["errors"][0]["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"


async def test_sockets_take_hashes_and_trust_as_requests_do(strict: RunningServer) -> None:
    """A trusted id is subscribed to; another text of a reader's is refused in its operation."""
    wall = "subscription { printerStatus { printer { name } } }"
    key = await strict.member(None, Role.VIEWER, Scope.READ)
    async with strict.socket({"X-API-Key": key}) as socket:
        for name, payload in (
            ("1", {"query": wall}),
            ("2", {"documentId": "mine"}),
            ("3", {"documentId": "nobody"}),
        ):
            await socket.send(json.dumps({"id": name, "type": "subscribe", "payload": payload}))
        answers: dict[str, Any] = {}
        while len(answers) < 3:
            message = await receive(socket)
            answers.setdefault(message["id"], message)
        codes = [answers[name]["payload"][0]["extensions"]["code"] for name in ("1", "3")]
        assert codes == ["DOCUMENT_NOT_TRUSTED", "PERSISTED_QUERY_NOT_FOUND"]
        assert answers["2"]["payload"]["data"]["viewer"]["team"]["name"]


async def test_a_get_is_answered_once_while_nothing_changes(server: RunningServer) -> None:
    """The tag of an answer gives 304 without a body until the answer is another one."""
    client = server.client()
    first = await client.get("/graphql", params={"query": "{ projects { nodes { name } } }"})
    assert first.headers["cache-control"] == "private, no-cache"
    headers = {"If-None-Match": first.headers["etag"]}
    same = await client.get(str(first.url), headers=headers)
    assert (same.status_code, same.content) == (304, b"")
    assert same.headers["etag"] == first.headers["etag"]
    await server.graphql('mutation { createProject(input: {name: "New"}) { project { id } } }')
    changed = await client.get(str(first.url), headers=headers)
    assert changed.status_code == 200
    assert changed.json() == {"data": {"projects": {"nodes": [{"name": "New"}]}}}
    posted = await client.post("/graphql", json={"query": "{ __typename }"})
    assert "etag" not in posted.headers


def test_the_wall_display_is_trusted_as_it_is() -> None:
    """Its document is the very text in its page."""
    folder = Path(pages.__file__).parent
    text = (folder / "documents" / "wall_display.graphql").read_text().strip()
    scripts = [path.read_text() for path in (folder / "static" / "assets").glob("index-*.js")]
    assert any(text in script for script in scripts)


@pytest.mark.parametrize(
    ("content", "says"), [("[1]", "ids and texts"), ("{", "not JSON"), (None, "cannot be read")]
)
def test_a_file_that_cannot_be_used_is_named(
    tmp_path: Path, content: str | None, says: str
) -> None:
    """The server does not start with it."""
    path = tmp_path / "documents.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SettingsError, match="SPOOLGRAPH_DOCUMENTS_FILE") as caught:
        KnownDocuments.of(Settings(documents_file=path))
    assert says in str(caught.value)
