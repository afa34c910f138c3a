"""Handlers written by hand for exactly what is measured: Starlette, asyncpg or sqlite3, orjson.

`python -m benchmarks.baselines.handwritten PORT URL`. They answer what the server answers.
"""

from __future__ import annotations

import sys
from base64 import b64encode
from collections.abc import Awaitable, Callable
from itertools import groupby
from typing import Any
from uuid import UUID

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.baselines.tables import Keys, Rows, moment, rows_of

Answer = Callable[[Rows, int, Request], Awaitable[Any]]

Q1 = """SELECT a.id, a.name, a.status, a.created_at, a.duration, a.filament_used,
    a.printer_id, p.name AS printer, a.project_id, j.name AS project
    FROM archives a LEFT JOIN printers p ON p.id = a.printer_id AND p.team_id = $1
    LEFT JOIN projects j ON j.id = a.project_id AND j.team_id = $1
    WHERE a.team_id = $1 ORDER BY a.created_at DESC, a.id DESC LIMIT 50"""
PRINTERS = "SELECT id, name FROM printers WHERE team_id = $1 ORDER BY id LIMIT 20"
PRINTED = """SELECT a.printer_id, a.id, a.name, a.status, u.grams, u.spool_id, s.color, s.material
    FROM (SELECT printer_id, id, name, status, created_at FROM archives
        WHERE team_id = $1 AND printer_id = {printer} ORDER BY created_at DESC, id DESC LIMIT 20) a
    LEFT JOIN filament_uses u ON u.archive_id = a.id
    LEFT JOIN spools s ON s.id = u.spool_id ORDER BY a.created_at DESC, a.id DESC, u.position"""
LATERAL = " ".join(
    ("SELECT l.* FROM (", PRINTERS, ") p, LATERAL (", PRINTED.format(printer="p.id"), ") l")
)
Q3 = """SELECT id, name, status, created_at, duration, filament_used FROM archives
    WHERE team_id = $1 AND id = $2"""
ARCHIVE = """SELECT a.id, a.name, a.filename, a.printer_id, p.name AS printer_name, a.project_id,
    a.created_at, a.started_at, a.completed_at, a.duration, a.status, a.progress, a.filament_used,
    a.filament_type, a.cost, a.failure_reason, a.notes, a.tags
    FROM archives a LEFT JOIN printers p ON p.id = a.printer_id AND p.team_id = $1
    WHERE a.team_id = $1"""
ARCHIVES = f"{ARCHIVE} ORDER BY a.created_at DESC, a.id DESC LIMIT $2"
TOTAL = "SELECT CAST(sum(archives) AS INTEGER) AS total FROM archive_counts WHERE team_id = $1"
FARM = """SELECT id, name, ip_address, serial_number, model FROM printers
    WHERE team_id = $1 ORDER BY id"""
PRINTER = "SELECT id FROM printers WHERE team_id = $1 AND id = $2"
SPOOLS = "SELECT * FROM spools WHERE team_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2"
SPOOL_TOTAL = "SELECT count(*) AS total FROM spools WHERE team_id = $1"


def _id(kind: str, number: object) -> str:
    return b64encode(f"{kind}:{number}".encode()).decode()


def _scaled(value: int | None, by: int = 1000) -> float | None:
    return None if value is None else value / by


def _scalars(row: Any) -> dict[str, Any]:
    return {
        "id": _id("Archive", row["id"]),
        "name": row["name"],
        "status": row["status"].upper(),
        "createdAt": moment(row["created_at"]),
        "duration": row["duration"],
        "filamentUsed": _scaled(row["filament_used"]),
    }


async def q1(rows: Rows, team: int, _request: Request) -> Any:
    """The first 50 archives with printer and project."""
    nodes = [
        _scalars(row)
        | {
            "printer": {"id": _id("Printer", row["printer_id"]), "name": row["printer"]},
            "project": {"id": _id("Project", row["project_id"]), "name": row["project"]},
        }
        for row in await rows.fetch(Q1, team)
    ]
    return {"data": {"archives": {"nodes": nodes}}}


async def q2(rows: Rows, team: int, _request: Request) -> Any:
    """20 printers, each with its first 20 archives and their spools."""
    printers = await rows.fetch(PRINTERS, team)
    if rows.lateral:
        found = await rows.fetch(LATERAL, team)
    else:
        one = PRINTED.format(printer="$2")
        found = [row for item in printers for row in await rows.fetch(one, team, item["id"])]
    nodes: dict[int, list[Any]] = {item["id"]: [] for item in printers}
    for _, group in groupby(found, lambda row: row["id"]):
        uses = list(group)
        nodes[uses[0]["printer_id"]].append(_printed(uses))
    return {
        "data": {
            "printers": {
                "nodes": [
                    {
                        "id": _id("Printer", item["id"]),
                        "name": item["name"],
                        "archives": {"nodes": nodes[item["id"]]},
                    }
                    for item in printers
                ]
            }
        }
    }


def _printed(uses: list[Any]) -> dict[str, Any]:
    row = uses[0]
    return {
        "id": _id("Archive", row["id"]),
        "name": row["name"],
        "status": row["status"].upper(),
        "filaments": [
            {
                "grams": _scaled(use["grams"]),
                "spool": {
                    "id": _id("Spool", _uuid(use["spool_id"])),
                    "color": use["color"],
                    "material": use["material"],
                },
            }
            for use in uses
        ],
    }


def _uuid(value: UUID | str) -> str:
    if isinstance(value, str):
        return f"{value[:8]}-{value[8:12]}-{value[12:16]}-{value[16:20]}-{value[20:]}"
    return str(value)


async def q3(rows: Rows, team: int, request: Request) -> Any:
    """One archive."""
    found = await rows.fetch(Q3, team, int(request.path_params["id"]))
    return {"data": {"archive": _scalars(found[0]) if found else None}}


def _archive(row: Any) -> dict[str, Any]:
    tags = row["tags"]
    return {
        "id": row["id"],
        "name": row["name"],
        "filename": row["filename"],
        "printer_id": row["printer_id"],
        "printer_name": row["printer_name"],
        "project_id": row["project_id"],
        "created_at": moment(row["created_at"]),
        "started_at": moment(row["started_at"]),
        "completed_at": moment(row["completed_at"]),
        "duration": row["duration"],
        "status": row["status"],
        "progress": row["progress"],
        "filament_used": _scaled(row["filament_used"]),
        "filament_type": row["filament_type"],
        "cost": _scaled(row["cost"], 1_000_000),
        "failure_reason": row["failure_reason"],
        "notes": row["notes"],
        "tags": orjson.loads(tags),
    }


async def archives(rows: Rows, team: int, request: Request) -> Any:
    """A page of the history."""
    found = await rows.fetch(ARCHIVES, team, int(request.query_params["limit"]))
    total = (await rows.fetch(TOTAL, team))[0]["total"]
    return {"total": total, "archives": [_archive(row) for row in found]}


async def archive(rows: Rows, team: int, request: Request) -> Any:
    """One archive."""
    found = await rows.fetch(f"{ARCHIVE} AND a.id = $2", team, int(request.path_params["id"]))
    if not found:
        raise HTTPException(404)
    return _archive(found[0])


async def printers(rows: Rows, team: int, _request: Request) -> Any:
    """Every printer; none has ever reported."""
    return [
        {
            "id": row["id"],
            "name": row["name"],
            "ip_address": row["ip_address"],
            "serial_number": row["serial_number"],
            "model": row["model"],
            "status": "offline",
            "current_print": None,
        }
        for row in await rows.fetch(FARM, team)
    ]


async def status(rows: Rows, team: int, request: Request) -> Any:
    """The state of a printer that has never reported."""
    if not await rows.fetch(PRINTER, team, int(request.path_params["id"])):
        raise HTTPException(404)
    return {
        "state": "offline",
        "progress": 0,
        "remaining_time": 0,
        "current_layer": 0,
        "total_layers": 0,
        "temperatures": {"nozzle": None, "bed": None, "chamber": None},
        "hms_status": "ok",
    }


async def spools(rows: Rows, team: int, request: Request) -> Any:
    """A page of the inventory; none is loaded."""
    limit = int(request.query_params["limit"])
    found = await rows.fetch(SPOOLS, team, limit)
    total = (await rows.fetch(SPOOL_TOTAL, team))[0]["total"]
    return {
        "data": [_spool(row) for row in found],
        "meta": {"total": total, "page": 1, "per_page": limit},
    }


def _spool(row: Any) -> dict[str, Any]:
    return {
        "id": _uuid(row["id"]),
        "material_type": row["material"],
        "brand": row["brand"],
        "color": row["color"],
        "color_hex": row["color_hex"],
        "finish": row["finish"],
        "diameter_mm": _scaled(row["diameter"], 100),
        "net_weight_grams": _scaled(row["net_weight"]),
        "remaining_weight_grams": _scaled(row["remaining_weight"]),
        "spool_weight_grams": _scaled(row["spool_weight"]),
        "purchase_price": _scaled(row["purchase_price"], 1_000_000),
        "cost_per_gram": None,
        "supplier": row["supplier"],
        "purchase_date": row["purchase_date"],
        "notes": row["notes"],
        "low_stock": row["remaining_weight"] * 5 < row["net_weight"],
        "tray_uuid": row["tray_uuid"],
        "loaded_in": None,
        "created_at": moment(row["created_at"]),
        "updated_at": moment(row["updated_at"]),
    }


PATHS: dict[str, Answer] = {
    "/q1": q1,
    "/q2": q2,
    "/q3/{id}": q3,
    "/api/v1/archives": archives,
    "/api/v1/archives/{id}": archive,
    "/api/v1/printers": printers,
    "/api/v1/printers/{id}/status": status,
    "/api/v1/spools": spools,
}


def app(url: str) -> Starlette:
    """Every handler behind the check of the key."""
    rows = rows_of(url)
    keys = Keys(rows)

    def route(path: str, answer: Answer) -> Route:
        async def handle(request: Request) -> Response:
            team = await keys.team(request)
            body = orjson.dumps(await answer(rows, team, request))
            return Response(body, media_type="application/json")

        return Route(path, handle)

    return Starlette(routes=[route(path, answer) for path, answer in PATHS.items()])


if __name__ == "__main__":
    uvicorn.run(app(sys.argv[2]), port=int(sys.argv[1]), log_level="warning", access_log=False)
