"""Batchivo clients see production runs as documented, and the known traps are closed."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from rest_compat.routes import run_bodies
from tests.rest_compat.test_products import made, spool
from tests.running import RunningServer


@pytest.fixture
def client(server: RunningServer) -> httpx.AsyncClient:
    client = server.client()
    client.base_url = httpx.URL(f"{server.base}/api/v1")
    return client


async def _weight(client: httpx.AsyncClient, spool_id: str) -> float:
    """What a spool holds, which is the sum of its transactions."""
    held: float = (await client.get(f"/spools/{spool_id}")).json()["data"]["remaining_weight_grams"]
    rows = (await client.get(f"/spools/{spool_id}/transactions?limit=100")).json()["data"]
    assert round(sum(row["change_grams"] for row in rows), 3) == held
    return held


async def _run(client: httpx.AsyncClient, **given: Any) -> dict[str, Any]:
    return await made(client, "/production-runs", **{"status": "in_progress", **given})


def _line(spool_id: str, estimated: float, used: float | None = None) -> dict[str, Any]:
    return {
        "spool_id": spool_id,
        "estimated_weight_grams": estimated,
        "actual_weight_grams": used,
    }


async def test_a_run_round_trips(client: httpx.AsyncClient) -> None:
    """Every documented field, from the plan to the variance."""
    red = await spool(client, brand="Acme")
    vase = await made(
        client, "/products", name="Vase", materials=[{"material_type": "PLA", "weight_grams": 50}]
    )
    run = await made(
        client,
        "/production-runs",
        printer_name="X1 Left",
        estimated_print_time_hours=2.5,
        notes="For the fair",
    )
    base = f"/production-runs/{run['id']}"
    assert run["run_number"] == f"{datetime.now(UTC):%Y%m%d}-001"
    assert (run["status"], run["started_at"]) == ("pending", None)
    item = await made(client, f"{base}/items", product_id=vase["id"], quantity=4)
    assert item == {
        "id": item["id"],
        "product_id": vase["id"],
        "product_name": "Vase",
        "quantity": 4,
        "successful_quantity": 0,
        "failed_quantity": 0,
        "estimated_material_cost": 4,
        "estimated_total_cost": 4,
    }
    material = await made(
        client, f"{base}/materials", **_line(red["id"], 200), estimated_purge_grams=4.5
    )
    assert material == {
        "id": material["id"],
        "spool_id": red["id"],
        "spool_name": "Acme PLA Red",
        "estimated_weight_grams": 200,
        "actual_weight_grams": None,
        "spool_weight_before_grams": None,
        "spool_weight_after_grams": None,
        "estimated_purge_grams": 4.5,
        "actual_purge_grams": None,
        "cost_per_gram": 0.02,
        "settled_weight_grams": 0,
    }
    await client.patch(base, json={"status": "in_progress"})
    weighed = await client.patch(
        f"{base}/materials/{material['id']}",
        json={
            "spool_weight_before_grams": 1250,
            "spool_weight_after_grams": 1043.7,
            "actual_purge_grams": 5,
        },
    )
    assert weighed.json()["data"]["actual_weight_grams"] == 206.3
    results = {"successful_quantity": 3, "failed_quantity": 1}
    changed = await client.patch(f"{base}/items/{item['id']}", json=results)
    assert changed.json()["data"] == item | results
    await client.patch(base, json={"actual_print_time_hours": 2.75})
    answer = await client.post(f"{base}/complete")
    assert answer.status_code == 200
    done = answer.json()["data"]
    assert done == {
        "id": run["id"],
        "status": "completed",
        "completed_at": done["completed_at"],
        "inventory_updated": True,
        "spools_updated": [
            {
                "spool_id": red["id"],
                "previous_weight": 1000,
                "new_weight": 793.7,
                "deducted": 206.3,
            }
        ],
    }
    rated = await client.patch(base, json={"quality_rating": 4, "quality_notes": "A scar"})
    assert rated.status_code == 200
    found = (await client.get(base)).json()["data"]
    assert set(found) == set(run_bodies.EXAMPLE)
    assert found | {"started_at": "", "updated_at": "", "materials": []} == {
        "id": run["id"],
        "run_number": run["run_number"],
        "status": "completed",
        "printer_name": "X1 Left",
        "project_id": None,
        "started_at": "",
        "completed_at": done["completed_at"],
        "estimated_print_time_hours": 2.5,
        "actual_print_time_hours": 2.75,
        "estimated_total_filament_grams": 200,
        "actual_total_filament_grams": 206.3,
        "quality_rating": 4,
        "quality_notes": "A scar",
        "notes": "For the fair",
        "failure_reason": None,
        "created_at": run["created_at"],
        "updated_at": "",
        "items": [item | results],
        "materials": [],
        "variance_analysis": {
            "material_variance_grams": 6.3,
            "material_variance_percent": 3.2,
            "time_variance_hours": 0.25,
            "time_variance_percent": 10,
        },
        "material_cost": 4.13,
        "component_cost": 0,
        "total_cost": 4.13,
        "cost_per_piece": 1.38,
    }
    assert '"material_variance_grams":6.3,' in (await client.get(base)).text
    (listed,) = (await client.get("/production-runs?status=completed")).json()["data"]
    assert listed == {name: found[name] for name in run_bodies.ENTRY_EXAMPLE}
    (row, _purchase) = (await client.get(f"/spools/{red['id']}/transactions")).json()["data"]
    assert (row["transaction_type"], row["change_grams"]) == ("usage", -206.3)
    assert row["production_run_id"] == run["id"]
    assert row["production_run_number"] == run["run_number"]


async def test_parallel_deductions_are_all_counted(client: httpx.AsyncClient) -> None:
    """Ten times 10 g at once from 1000 g leave 900 g."""
    red = (await spool(client))["id"]
    answers = await asyncio.gather(
        *(client.post(f"/spools/{red}/deduct", json={"weight_grams": 10}) for _ in range(10))
    )
    assert {answer.status_code for answer in answers} == {200}
    assert await _weight(client, red) == 900


async def test_of_simultaneous_completions_one_is_done(client: httpx.AsyncClient) -> None:
    """One 200, the rest 409, one deduction; whichever way completion is asked for."""
    red = (await spool(client))["id"]
    run = await _run(client, materials=[_line(red, 10, 10)])
    path = f"/production-runs/{run['id']}"
    answers = await asyncio.gather(
        *(client.post(f"{path}/complete") for _ in range(8)),
        *(client.patch(path, json={"status": "completed"}) for _ in range(8)),
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 15
    codes = {answer.json().get("code") for answer in answers if answer.status_code == 409}
    assert codes == {"INVALID_TRANSITION"}
    assert await _weight(client, red) == 990


async def test_numbers_are_not_made_by_counting(client: httpx.AsyncClient) -> None:
    """After a deletion the next run does not get a number that is taken."""
    runs = [await _run(client) for _ in range(3)]
    assert (await client.delete(f"/production-runs/{runs[0]['id']}")).status_code == 204
    numbers = [run["run_number"] for run in runs] + [(await _run(client))["run_number"]]
    assert len(set(numbers)) == 4
    made_at_once = await asyncio.gather(*(_run(client) for _ in range(8)))
    assert len({run["run_number"] for run in made_at_once} | set(numbers)) == 12


async def test_floats_do_not_leak(client: httpx.AsyncClient) -> None:
    """What a float would show as 6.299999999999997 is 6.3."""
    red = (await spool(client, net_weight_grams=1000, remaining_weight_grams=26.1))["id"]
    run = await _run(client, materials=[_line(red, 19.8, 19.8)])
    answer = await client.post(f"/production-runs/{run['id']}/complete")
    assert '"new_weight":6.3,' in answer.text
    assert await _weight(client, red) == 6.3


async def test_the_same_spool_on_two_lines_is_summed(client: httpx.AsyncClient) -> None:
    """Each line would fit, both do not: 409 and nothing taken; then both at once."""
    red = (await spool(client, remaining_weight_grams=100))["id"]
    run = await _run(client, materials=[_line(red, 60, 60), _line(red, 60, 60)])
    answer = await client.post(f"/production-runs/{run['id']}/complete")
    assert (answer.status_code, answer.json()["code"]) == (409, "INSUFFICIENT_FILAMENT")
    assert await _weight(client, red) == 100
    run = await _run(client, materials=[_line(red, 60, 40.5), _line(red, 60, 30)])
    answer = await client.post(f"/production-runs/{run['id']}/complete")
    (update,) = answer.json()["data"]["spools_updated"]
    assert (update["deducted"], update["new_weight"]) == (70.5, 29.5)


async def test_local_times_are_not_taken_for_utc(client: httpx.AsyncClient) -> None:
    """A time with a zone becomes the same moment in UTC."""
    run = await _run(client, started_at="2024-01-15T20:00:00+05:30")
    assert run["started_at"] == "2024-01-15T14:30:00Z"
    assert run["created_at"].endswith("Z")


async def test_weights_per_plate_and_per_piece_are_not_mixed_up(
    client: httpx.AsyncClient,
) -> None:
    """Grams of a product are those of a piece, whatever a plate gives; so are its costs."""
    await spool(client)
    product = await made(
        client,
        "/products",
        name="Hook",
        pieces_per_plate=6,
        materials=[{"material_type": "PLA", "weight_grams": 5}],
    )
    assert product["total_cost"] == 0.1
    run = await _run(client, items=[{"product_id": product["id"], "quantity": 12}])
    assert run["items"][0]["estimated_material_cost"] == 1.2


_SPOOL = "materials.0.spool_id"


async def test_waste_is_taken_when_a_run_ends_badly(client: httpx.AsyncClient) -> None:
    """With the grams per spool; without a body there is none."""
    red, blue = (await spool(client))["id"], (await spool(client))["id"]
    run = await _run(client, materials=[_line(red, 10)])
    path = f"/production-runs/{run['id']}"
    waste = [{"spool_id": red, "grams": 4.2}]
    for body, status, field in (
        ({"materials": waste}, 422, "failure_reason"),
        ({"failure_reason": "Clog", "materials": [{"spool_id": blue, "grams": 1}]}, 422, _SPOOL),
        ({"failure_reason": "Clog", "materials": [{"spool_id": red}]}, 422, "materials.0.grams"),
    ):
        answer = await client.post(f"{path}/fail", json=body)
        assert answer.status_code == status
        assert [error["field"] for error in answer.json()["errors"]] == [field]
    answer = await client.post(f"{path}/fail", json={"failure_reason": "Clog", "materials": waste})
    assert answer.status_code == 200
    done = answer.json()["data"]
    assert (done["status"], done["inventory_updated"]) == ("failed", True)
    assert await _weight(client, red) == 995.8
    found = (await client.get(path)).json()["data"]
    assert (found["failure_reason"], found["actual_total_filament_grams"]) == ("Clog", 4.2)
    run = await _run(client, status="pending")
    answer = await client.post(f"/production-runs/{run['id']}/cancel")
    assert answer.json()["data"] | {"id": "", "completed_at": ""} == {
        "id": "",
        "status": "cancelled",
        "completed_at": "",
        "inventory_updated": False,
        "spools_updated": [],
    }


async def test_what_the_state_forbids_is_a_conflict(client: httpx.AsyncClient) -> None:
    """With the documented codes, through every way."""
    red = (await spool(client))["id"]
    pending = f"/production-runs/{(await _run(client, status='pending'))['id']}"
    used = f"/production-runs/{(await _run(client, materials=[_line(red, 5, 5)]))['id']}"
    missing = f"/production-runs/{(await _run(client, materials=[_line(red, 5)]))['id']}"
    await client.post(f"{used}/complete")
    for answer, code in (
        (await client.post(f"{pending}/complete"), "INVALID_TRANSITION"),
        (await client.patch(pending, json={"status": "paused"}), "INVALID_TRANSITION"),
        (await client.patch(pending, json={"status": "completed"}), "INVALID_TRANSITION"),
        (await client.post(f"{missing}/complete"), "USAGE_MISSING"),
        (await client.patch(missing, json={"status": "completed"}), "USAGE_MISSING"),
        (await client.patch(used, json={"status": "in_progress"}), "INVALID_TRANSITION"),
        (await client.post(f"{used}/cancel", json={}), "INVALID_TRANSITION"),
        (await client.patch(used, json={"printer_name": "Other"}), "CONFLICT"),
        (await client.post(f"{used}/materials", json=_line(red, 1)), "CONFLICT"),
        (await client.delete(used), "IN_USE"),
        (await client.delete(f"/spools/{red}"), "IN_USE"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, code), answer.text


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"status": "done"}, "status"),
        ({"quality_rating": 6}, "quality_rating"),
        ({"quality_rating": "5"}, "quality_rating"),
        ({"estimated_print_time_hours": -1}, "estimated_print_time_hours"),
        ({"started_at": "yesterday"}, "started_at"),
        ({"started_at": "2999-01-01T00:00:00Z"}, "started_at"),
        ({"status": "completed", "completed_at": "2999-01-01T00:00:00Z"}, "completed_at"),
        ({"estimated_total_filament_grams": 1e12}, "estimated_total_filament_grams"),
        ({"items": [{"product_id": "x", "quantity": 1}]}, "items.0.product_id"),
        ({"items": [{"product_id": str(uuid4()), "quantity": 0}]}, "items.0.quantity"),
        ({"status": "failed"}, "failure_reason"),
    ],
)
async def test_a_wrong_field_is_named(
    client: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    """422 with the documented names, and no run is made."""
    answer = await client.post("/production-runs", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "VALIDATION_ERROR"), answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert (await client.get("/production-runs")).json()["meta"]["total"] == 0


async def test_a_weight_after_above_before_is_refused(client: httpx.AsyncClient) -> None:
    """It would mean that the print made filament."""
    red = (await spool(client))["id"]
    run = await _run(client, materials=[_line(red, 5)])
    path = f"/production-runs/{run['id']}/materials/{run['materials'][0]['id']}"
    body = {"spool_weight_before_grams": 100, "spool_weight_after_grams": 100.5}
    answer = await client.patch(path, json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (
        422,
        "spool_weight_after_grams",
    )
    run = await _run(client)
    answer = await client.post(
        f"/production-runs/{run['id']}/materials", json={**_line(red, 5), **body}
    )
    assert answer.status_code == 422
    answer = await client.post(
        "/production-runs", json={"materials": [_line(red, 5), {**_line(red, 5), **body}]}
    )
    assert [error["field"] for error in answer.json()["errors"]] == [
        "materials.1.spool_weight_after_grams"
    ]


async def test_runs_are_filtered_and_sorted_by_every_documented_field(
    client: httpx.AsyncClient,
) -> None:
    """Both ways, in pages that neither repeat nor lose a run; others are 422."""
    for number in range(4):
        await _run(
            client,
            status="pending" if number % 2 else "in_progress",
            printer_name="Left" if number < 3 else None,
            quality_rating=3 if number < 2 else None,
        )
    names = set(run_bodies.ENTRY_EXAMPLE) - {"project_id", "failure_reason"}
    for name in sorted(names):
        for order in ("asc", "desc"):
            numbers = []
            for skip in (0, 3):
                query = f"?sort_by={name}&sort_order={order}&limit=3&skip={skip}"
                page = (await client.get(f"/production-runs{query}")).json()
                numbers += [row["run_number"][-3:] for row in page["data"]]
            assert sorted(numbers) == ["001", "002", "003", "004"], name
    for query, expected in (
        ("status=pending", ["004", "002"]),
        ("printer_name=LEFT", ["003", "002", "001"]),
        ("printer_name=left&status=pending", ["002"]),
        ("status=completed", []),
    ):
        page = (await client.get(f"/production-runs?{query}")).json()["data"]
        assert [row["run_number"][-3:] for row in page] == expected
    assert (await client.get("/production-runs?status=done")).status_code == 422
    assert (await client.get("/production-runs?sort_by=items")).status_code == 422


async def test_runs_of_others_do_not_exist(
    server: RunningServer, client: httpx.AsyncClient
) -> None:
    """404, like ids that cannot exist."""
    run = await _run(client)
    stranger = server.client(await server.stranger())
    stranger.base_url = client.base_url
    for path in (run["id"], "abc", str(uuid4())):
        assert (await stranger.get(f"/production-runs/{path}")).status_code == 404
        assert (await stranger.post(f"/production-runs/{path}/complete")).status_code == 404
    assert (await client.get(f"/production-runs/{run['id']}")).status_code == 200
