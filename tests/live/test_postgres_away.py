"""A real PostgreSQL that goes away under a running server and comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app import migration
from app.hub import EVENT, STATUS, Message
from app.simulator.farm import SimulatedFarm, SimulatorOptions
from app.simulator.jobs import Filament, Job
from tests.conftest import run_apart
from tests.running import RunningServer, eventually, running
from tests.services import PostgresCluster, postgres_cluster

STATES = "subscription { printerStatus { status { state } } }"
FORMS = {
    "/api/v1/archives": {"detail", "code"},
    "/api/v1/statistics": {"detail", "code"},
    "/api/v1/spools": {"detail", "code"},
    "/platform/v1/projects": {"error"},
    "/reference/v1/projects": {"error"},
}


@pytest.fixture
def cluster() -> Iterator[PostgresCluster]:
    """A migrated PostgreSQL of this test alone, which may be stopped."""
    with postgres_cluster() as made:
        run_apart(migration.upgrade(made.url))
        yield made


async def _each_edge_says_so(server: RunningServer) -> None:
    client = server.client()
    for path, form in FORMS.items():
        answer = await client.get(path)
        assert answer.status_code == 503, answer.text
        assert answer.json().keys() >= form
        assert "SERVICE_UNAVAILABLE" in answer.text.upper()
        assert int(answer.headers["Retry-After"]) > 0
    made = await client.post("/api/v1/projects", json={"name": "Lost"})
    assert (made.status_code, made.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
    answer = await client.post("/graphql", json={"query": "{ archives { totalCount } }"})
    assert answer.json()["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
    health = await client.get("/health")
    assert (health.status_code, health.json()["database"]) == (503, "disconnected")


async def test_postgres_goes_away_and_comes_back(tmp_path: Path, cluster: PostgresCluster) -> None:
    """Each edge says so in its form; a print that ends meanwhile is shown as ended at once,
    whatever else happened on the farm, and its archive is complete when the database is back."""
    options = SimulatorOptions(printers=1, models=("p2s",), speed=60, base_port=0)
    async with (
        running(tmp_path, database_url=cluster.url) as server,
        SimulatedFarm(options) as farm,
        server.subscription(STATES) as states,
    ):
        (printer,) = farm.printers
        teams: set[int] = set()
        server.runtime.hub.listen(STATUS, lambda told: teams.add(told.team_id))
        await server.add(printer)

        def state(wanted: str) -> Any:
            return states.until(lambda data: data["printerStatus"]["status"]["state"] == wanted)

        async def archives(**wanted: Any) -> bool:
            answer = await server.client().get("/api/v1/archives")
            if answer.status_code != 200:
                return False
            found = [{name: item[name] for name in wanted} for item in answer.json()["archives"]]
            return found == [wanted]

        await eventually(lambda: any(item.is_live for item in server.runtime.live.statuses()))
        printer.sim.start(Job("Kept", seconds=300, layers=30, filaments=(Filament(),)))
        await state("PRINTING")
        await eventually(lambda: archives(name="Kept", status="printing"))
        await asyncio.to_thread(cluster.stop)
        await _each_edge_says_so(server)
        # An event has displays read the printers anew, which they cannot now.
        for team_id in teams:
            server.runtime.hub.publish(Message(EVENT, "", team_id, b"{}"))
        await state("FINISHED")
        await _each_edge_says_so(server)
        await asyncio.to_thread(cluster.start)
        await eventually(lambda: archives(name="Kept", status="success", progress=100), 60)
        health = await server.client().get("/health")
        assert (health.status_code, health.json()["status"]) == (200, "healthy")
        assert (await server.client().get("/api/v1/projects")).json() == []
