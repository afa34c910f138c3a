"""GraphQL over HTTP: what is answered, what is refused, and how."""

from __future__ import annotations

import json

import pytest

from tests.running import KEY, PASSWORD, RunningServer

JSON = "application/json"
RESPONSE = "application/graphql-response+json"


async def test_without_a_credential_nothing_is_answered(server: RunningServer) -> None:
    """Introspection included: 401 with a challenge."""
    answer = await server.client(None).post("/graphql", json={"query": "{ __typename }"})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHORIZED"


@pytest.mark.parametrize("header", ["X-API-Key", "Authorization"])
async def test_either_header_signs_in(server: RunningServer, header: str) -> None:
    """A key is taken from both."""
    value = KEY if header == "X-API-Key" else f"Bearer {KEY}"
    answer = await server.client(None).post(
        "/graphql", json={"query": "{ viewer { role } }"}, headers={header: value}
    )
    assert answer.json() == {"data": {"viewer": {"role": "OWNER"}}}


async def test_a_browser_gets_the_explorer(server: RunningServer) -> None:
    """A page without any external address in it; it asks for a credential itself."""
    answer = await server.client(None).get("/graphql", headers={"Accept": "text/html"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "http://" not in answer.text
    assert "https://" not in answer.text


@pytest.mark.parametrize(
    ("accept", "query", "status", "media_type"),
    [
        (JSON, "{ viewer { role } }", 200, JSON),
        (RESPONSE, "{ viewer { role } }", 200, RESPONSE),
        (JSON, "{", 200, JSON),
        (RESPONSE, "{", 400, RESPONSE),
        (RESPONSE, "{ nothing }", 400, RESPONSE),
        (JSON, "{ nothing }", 200, JSON),
        ("text/csv", "{ viewer { role } }", 406, JSON),
    ],
)
async def test_the_form_of_the_answer_is_negotiated(
    server: RunningServer, accept: str, query: str, status: int, media_type: str
) -> None:
    """What was not executed is 400 for the specified type and 200 for plain JSON."""
    answer = await server.client().post(
        "/graphql", json={"query": query}, headers={"Accept": accept}
    )
    assert answer.status_code == status
    assert answer.headers["content-type"] == f"{media_type}; charset=utf-8"


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"[" * 100_000, JSON, 400),
        (b"\xff\xfe{}", JSON, 400),
        (b'{"query": "{ viewer', JSON, 400),
        (b"[]", JSON, 400),
        (b'"text"', JSON, 400),
        (b"{}", JSON, 400),
        (b'{"query": 1}', JSON, 400),
        (b'{"query": "{ __typename }", "variables": []}', JSON, 400),
        (b'{"query": "{ __typename }", "operationName": {}}', JSON, 400),
        (b'{"query": "query A { __typename }", "operationName": "B"}', JSON, 400),
        (b"query={ __typename }", "application/x-www-form-urlencoded", 415),
        (b'{"query": "{ __typename }"}', "text/plain", 415),
        (b'{"query": "' + b"x" * 1_100_000 + b'"}', JSON, 413),
        (b'{"query": "query A { __typename } query B { __typename }"}', JSON, 400),
        (b'{"query": "{ printer(serialNumber: \\"\\\\u0000\\") { id } }"}', JSON, 400),
        (b'{"query": "{ __typename }", "variables": {"a": ["\\u0000"]}}', JSON, 400),
        (b'{"query": "{ __typename }", "variables": {"a": [' + b"0," * 10_000 + b"0]}}", JSON, 400),
    ],
)
async def test_what_is_no_request_is_refused(
    server: RunningServer, body: bytes, content_type: str, status: int
) -> None:
    """Nonsense of every kind is a client's error with a code, never a 500."""
    answer = await server.client().post(
        "/graphql", content=body, headers={"Content-Type": content_type}
    )
    assert answer.status_code == status
    assert answer.json()["errors"][0]["extensions"]["code"]


async def test_head_and_unknown_methods(server: RunningServer) -> None:
    """HEAD answers as GET without a body; what is unknown is 405 and told what is not."""
    client = server.client()
    head = await client.head("/graphql", params={"query": "{ __typename }"})
    assert (head.status_code, head.content) == (200, b"")
    put = await client.put("/graphql", json={"query": "{ __typename }"})
    assert (put.status_code, put.headers["allow"]) == (405, "GET, HEAD, POST")
    assert put.json()["errors"][0]["extensions"]["code"] == "METHOD_NOT_ALLOWED"


async def test_get_reads_and_never_changes(server: RunningServer) -> None:
    """A query by GET is answered, a mutation by GET is 405."""
    client = server.client()
    read = await client.get("/graphql", params={"query": "{ viewer { role } }"})
    assert read.json() == {"data": {"viewer": {"role": "OWNER"}}}
    change = 'mutation { createProject(input: {name: "x"}) { project { id } } }'
    refused = await client.get("/graphql", params={"query": change})
    assert refused.status_code == 405
    assert refused.headers["allow"] == "POST"
    data = await server.graphql("{ projects { totalCount } }")
    assert data == {"projects": {"totalCount": 0}}


async def test_small_documents_that_explode_are_refused(server: RunningServer) -> None:
    """Forty fragments that each spread the next one twice would visit 2^40 fields."""
    fragments = "".join(f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }} " for n in range(40))
    query = "{ ...f0 } " + fragments + "fragment f40 on Query { viewer { role } }"
    answer = await server.client().post("/graphql", json={"query": query})
    assert answer.json()["errors"][0]["extensions"]["code"] == "OPERATION_TOO_LARGE"


@pytest.mark.parametrize(
    "query",
    [
        "{ " + " ".join(f"a{n}: viewer {{ role }}" for n in range(40)) + " }",
        "{ printers(first: 100) { nodes { archives(first: 100) { nodes "
        "{ printer { archives(first: 100) { nodes { id } } } } } } } }",
        "{ viewer { " + " ".join(f"a{n}: role" for n in range(150)) + " } }",
        "{ viewer " + "@skip(if: false) " * 150 + "{ role } }",
        "{ a " * 5_000,
        "{ ...f } fragment f on Query { "
        + " ".join(f"a{n}: viewer {{ role }}" for n in range(40))
        + " }",
        "{ " + "__typename " * 4_900 + "}",
        "{ viewer { role } } " + "fragment f on Viewer { " + "... { role } " * 900 + "}",
        "{ ...f0 } "
        + " ".join(f"fragment f{n} on Query {{ ...f{n + 1} }}" for n in range(600))
        + " fragment f600 on Query { __typename }",
    ],
)
async def test_operations_that_ask_for_too_much_are_refused(
    server: RunningServer, query: str
) -> None:
    """Wide, deep, costly, repetitive, full of aliases or directives: refused before they run."""
    answer = await server.client().post("/graphql", json={"query": query})
    codes = {error["extensions"]["code"] for error in answer.json()["errors"]}
    assert "OPERATION_TOO_LARGE" in codes


async def test_a_password_never_comes_back(server: RunningServer) -> None:
    """Neither the access code of a printer nor a password is anywhere in the schema's answers."""
    data = await server.graphql(
        """mutation { addPrinter(input: {name: "P", serialNumber: "01P00A000000009",
            ipAddress: "127.0.0.1", accessCode: "code4321"}) { printer { id } } }"""
    )
    assert data["addPrinter"]["printer"]["id"]
    introspection = await server.graphql("{ __schema { types { name fields { name } } } }")
    names = {
        field["name"].lower()
        for kind in introspection["__schema"]["types"]
        if kind["name"] != "Mutation"  # which has things to do with passwords, and returns none
        for field in kind["fields"] or ()
    }
    assert not [name for name in names if "accesscode" in name or "password" in name]
    everything = await server.graphql("{ printers { nodes { name status { connectionDetail } } } }")
    assert "code4321" not in json.dumps(everything)
    assert PASSWORD not in json.dumps(everything)
