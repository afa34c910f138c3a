"""The OpenAPI document is valid, and what is served is what is documented."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from rest_compat import openapi
from rest_compat.dialects.batchivo import BATCHIVO
from rest_compat.documents import operation
from rest_compat.routes import ROWS
from rest_compat.table import File, Pictures, Route, Row, Stream
from tests.rest_compat.served import PLATFORM, PRODUCTION, REFERENCE, WEBHOOKS
from tests.running import RunningServer

# Every route of the façade. A new one is added here on purpose.
SERVED = (
    PLATFORM
    | REFERENCE
    | WEBHOOKS
    | PRODUCTION
    | {
        ("GET", "/api/v1/printers"),
        ("POST", "/api/v1/printers"),
        ("GET", "/api/v1/printers/{id}"),
        ("PATCH", "/api/v1/printers/{id}"),
        ("DELETE", "/api/v1/printers/{id}"),
        ("GET", "/api/v1/printers/{id}/status"),
        ("POST", "/api/v1/printers/{id}/refresh-status"),
        ("GET", "/api/v1/printers/{id}/camera/stream"),
        ("GET", "/api/v1/printers/{id}/camera/snapshot"),
        ("POST", "/api/v1/printers/{id}/camera/stop"),
        ("GET", "/api/v1/archives"),
        ("POST", "/api/v1/archives"),
        ("GET", "/api/v1/archives/export"),
        ("GET", "/api/v1/archives/{id}/3mf"),
        ("GET", "/api/v1/archives/{id}/thumbnail"),
        ("GET", "/api/v1/archives/{id}"),
        ("PATCH", "/api/v1/archives/{id}"),
        ("DELETE", "/api/v1/archives/{id}"),
        ("GET", "/api/v1/projects"),
        ("POST", "/api/v1/projects"),
        ("GET", "/api/v1/projects/{id}"),
        ("PATCH", "/api/v1/projects/{id}"),
        ("DELETE", "/api/v1/projects/{id}"),
        ("GET", "/api/v1/queue"),
        ("POST", "/api/v1/queue"),
        ("DELETE", "/api/v1/queue/{id}"),
        ("POST", "/api/v1/queue/reorder"),
        ("GET", "/api/v1/statistics"),
        ("GET", "/api/v1/statistics/export"),
        ("GET", "/api/v1/system/info"),
        ("GET", "/api/v1/health"),
        ("POST", "/api/v1/auth/login"),
        ("POST", "/api/v1/auth/refresh"),
        ("POST", "/api/v1/auth/logout"),
        ("GET", "/api/v1/auth/me"),
        ("POST", "/api/v1/auth/register"),
        ("POST", "/api/v1/auth/change-password"),
        ("POST", "/api/v1/auth/forgot-password"),
        ("POST", "/api/v1/auth/reset-password"),
        ("GET", "/api/v1/spools"),
        ("POST", "/api/v1/spools"),
        ("GET", "/api/v1/spools/export"),
        ("POST", "/api/v1/spools/import"),
        ("GET", "/api/v1/spools/{id}"),
        ("PATCH", "/api/v1/spools/{id}"),
        ("DELETE", "/api/v1/spools/{id}"),
        ("POST", "/api/v1/spools/{id}/deduct"),
        ("GET", "/api/v1/spools/{id}/transactions"),
    }
)


def test_the_routes_are_these() -> None:
    """The rows, the document and the list above are one."""
    assert {(row.method, row.full_path) for row in ROWS} == SERVED
    paths = openapi.document(None)["paths"]
    documented = {(method.upper(), path) for path, item in paths.items() for method in item}
    assert documented == SERVED


@pytest.mark.parametrize("public_url", [None, "https://farm.example"])
def test_the_document_is_valid(public_url: str | None) -> None:
    """OpenAPI 3.1, with the address that was set."""
    document = openapi.document(public_url)
    validate(document)
    assert document["servers"] == [{"url": public_url or "/"}]
    names = [row.name for row in ROWS]
    assert len(set(names)) == len(names)


def test_examples_of_batchivo_are_what_their_schemas_say() -> None:
    """Every JSON body and answer is shown by an example that its own schema takes."""
    document = openapi.document(None)
    shown = 0
    for row in (row for row in ROWS if isinstance(row, Route) and row.dialect is BATCHIVO):
        operation = document["paths"][row.full_path][row.method.lower()]
        sent = operation.get("requestBody", {}).get("content", {})
        answered = operation["responses"][str(row.status)].get("content", {})
        for content in (sent.get("application/json"), answered.get("application/json")):
            if content is None:
                continue
            schema = content["schema"] | {"components": document["components"]}
            Draft202012Validator(schema).validate(content["example"])
            shown += 1
    assert shown >= 40


async def test_it_is_served_without_a_credential(server: RunningServer) -> None:
    """Whoever explores the routes has no key yet."""
    answer = await server.client(None).get("/openapi.json")
    assert answer.json() == openapi.document(None)


def _code(row: Row, body: dict[str, Any]) -> str:
    """The code of a refusal, wherever the dialect writes it and in whichever letters."""
    code: str = body.get("error", body)["code"]
    return code.upper()


def test_the_dialects_stand_apart() -> None:
    """Each tag belongs to one dialect, and the groups of the pages are the dialects."""
    document = openapi.document(None)
    groups = {group["name"]: set(group["tags"]) for group in document["x-tagGroups"]}
    assert set(groups) == {"Bambuddy", "Batchivo", "Platform", "Reference"}
    used: dict[str, set[str]] = {}
    for row in ROWS:
        operation = document["paths"][row.full_path][row.method.lower()]
        used.setdefault(row.dialect.name, set()).update(operation["tags"])
    assert used == groups
    assert sum(map(len, groups.values())) == len(document["tags"])


async def test_every_route_asks_for_a_credential(server: RunningServer) -> None:
    """401 with a challenge in the dialect's form, but for the open ones."""
    client = server.client(None)
    for row in ROWS:
        if row.scope is None:
            continue
        answer = await client.request(row.method, row.full_path.replace("{id}", "1"))
        assert answer.status_code == 401, row.name
        assert _code(row, answer.json()) == row.dialect.codes.get("UNAUTHORIZED", "UNAUTHORIZED")
        assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_every_route_asks_for_its_scope(server: RunningServer) -> None:
    """A key that may do everything but this is 403, and nothing is changed."""
    from app.accounts.models import Role, Scope

    for row in ROWS:
        if row.scope is None:
            continue
        others = [scope for scope in Scope if scope is not row.scope]
        key = await server.member("another team", Role.OWNER, *others)
        path = row.full_path.replace("{id}", "1")
        answer = await server.client(key).request(row.method, path)
        assert answer.status_code == 403, row.name
        assert _code(row, answer.json()) == row.dialect.codes.get("FORBIDDEN", "FORBIDDEN")


def test_every_operation_fits_the_schema() -> None:
    """A row whose document did not would answer nothing but errors."""
    named = {
        row.operation
        for row in ROWS
        if isinstance(row, Route | Stream | File | Pictures) and row.operation is not None
    }
    for name in named:
        assert operation(name).name == name
