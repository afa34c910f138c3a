"""Days on which something is away: what is answered, what is kept, what is told."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from app.database import Database
from app.errors import Unavailable
from app.row_reader import AWAY, Rows
from app.simulator.farm import SimulatedFarm, SimulatorOptions
from app.simulator.jobs import Filament, Job
from tests.running import RunningServer, eventually, running
from tests.services import free_port


def _refuse(*_arguments: Any) -> None:
    error = sqlite3.OperationalError("unable to open database file")
    error.sqlite_errorname = "SQLITE_CANTOPEN"
    raise error


class _NoRows:
    """Reads nothing, as the reader of plans does when the database cannot be reached."""

    async def rows(self, text: str, arguments: Sequence[Any]) -> Rows:
        raise Unavailable(AWAY)

    async def close(self) -> None:
        return None


@contextmanager
def _away(database: Database) -> Iterator[None]:
    """Every statement fails as it does when the database cannot be reached."""
    reader, database.rows = database.rows, _NoRows()
    engines = [item.sync_engine for item in {database.read_engine, database.write_engine}]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", _refuse)
    try:
        yield
    finally:
        database.rows = reader
        for engine in engines:
            event.remove(engine, "before_cursor_execute", _refuse)


@pytest.mark.parametrize(
    ("method", "path", "form"),
    [
        ("GET", "/api/v1/archives", {"detail", "code"}),
        ("GET", "/api/v1/statistics", {"detail", "code"}),
        ("POST", "/api/v1/projects", {"detail", "code"}),
        ("GET", "/api/v1/spools", {"detail", "code"}),
        ("GET", "/platform/v1/projects", {"error"}),
        ("GET", "/reference/v1/projects", {"error"}),
    ],
)
async def test_without_a_database_each_dialect_says_so(
    server: RunningServer, method: str, path: str, form: set[str]
) -> None:
    """503 in the dialect's form; afterwards all is well again."""
    client = server.client()
    assert (await client.get("/api/v1/archives")).status_code == 200
    body = {"name": "x"} if method == "POST" else None
    with _away(server.runtime.database):
        answer = await client.request(method, path, json=body)
    assert answer.status_code == 503
    assert answer.json().keys() >= form
    assert "SERVICE_UNAVAILABLE" in answer.text.upper()
    assert (await client.get("/api/v1/archives")).status_code == 200


async def test_without_a_database_graphql_and_health_say_so(server: RunningServer) -> None:
    """An error with its code, an unhealthy health with 503."""
    client = server.client()
    await client.get("/api/v1/archives")
    with _away(server.runtime.database):
        answer = await client.post("/graphql", json={"query": "{ archives { totalCount } }"})
        health = await client.get("/health")
    assert answer.json()["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
    assert health.status_code == 503
    assert (health.json()["status"], health.json()["database"]) == ("unhealthy", "disconnected")
    assert (await client.get("/health")).json()["status"] == "healthy"


async def test_a_print_that_ends_while_the_database_is_away(server: RunningServer) -> None:
    """Its state is shown all the time, and its archive is complete when the database is back."""
    options = SimulatorOptions(printers=1, models=("p2s",), speed=60, base_port=0)
    async with SimulatedFarm(options) as farm:
        (printer,) = farm.printers
        await server.add(printer)
        live = server.runtime.live
        await eventually(lambda: any(item.is_live for item in live.statuses()))
        printer.sim.start(Job("Kept", seconds=300, layers=30, filaments=(Filament(),)))
        await eventually(lambda: [s.state for s in live.statuses()] == ["PRINTING"])
        with _away(server.runtime.database):
            await eventually(lambda: [s.state for s in live.statuses()] == ["FINISHED"], 60)

        async def recorded() -> list[Any]:
            found = (await server.client().get("/api/v1/archives")).json()["archives"]
            return [item for item in found if item["status"] == "success"]

        (archive,) = await eventually(recorded, 60)
        assert (archive["name"], archive["progress"]) == ("Kept", 100)


async def test_health_tells_of_an_absent_broker_and_hub(tmp_path: Path) -> None:
    """Degraded, but it answers; each part by name."""
    away = {
        "mqtt_url": f"mqtt://127.0.0.1:{free_port()}",
        "broadcast_url": f"redis://127.0.0.1:{free_port()}",
    }
    async with running(tmp_path, **away) as server:
        answer = await server.client(None).get("/health")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "degraded",
        "database": "connected",
        "mqtt": "disconnected",
        "hub": "disconnected",
    }


async def test_metrics_tell_of_requests_operations_and_the_farm(server: RunningServer) -> None:
    """By route and not by path, by operation name, printers by state, reports, lag."""
    client = server.client()
    await client.get("/api/v1/archives/12345")
    await client.get("/no/such/page")
    await client.post("/graphql", json={"query": "query Named { viewer { role } }"})
    found = (await server.client(None).get("/metrics")).text
    for line in (
        'path="/api/v1/archives/{id}"',
        'spoolgraph_graphql_operations_total{operation="Named",outcome="ok",type="query"}',
        'spoolgraph_printers{state="printing"}',
        "spoolgraph_messages_ingested_total",
        "spoolgraph_subscribers",
        "spoolgraph_loop_lag_seconds",
        "spoolgraph_ingest_backlog",
        "spoolgraph_hub_backlog",
    ):
        assert line in found, line
    assert "12345" not in found
    assert "/no/such/page" not in found
    proxied = {"X-Forwarded-For": "203.0.113.9"}
    assert (await server.client(None).get("/metrics", headers=proxied)).status_code == 401
    assert (await client.get("/metrics", headers=proxied)).status_code == 200
