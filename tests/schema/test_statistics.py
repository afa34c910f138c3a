"""Statistics through GraphQL."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.accounts.viewer import Viewer
from app.archives.runs import ObservedFilament
from app.printers.models import Printer
from tests.farm import NOON, make_print, make_printer
from tests.running import RunningServer
from tests.statements import counted


async def test_statistics_are_split(server: RunningServer, owner: Viewer, printer: Printer) -> None:
    """By printer, by material and by day; filtered by printer and whole days."""
    other = await make_printer(server.runtime.database, owner, "Right")
    tomorrow = NOON + timedelta(days=1)
    petg = [ObservedFilament("PETG")]
    await make_print(server.runtime.database, printer, "Vase")
    await make_print(server.runtime.database, printer, "Bolt", "failed")
    await make_print(server.runtime.database, other, "Nut", at=tomorrow, filaments=petg)
    fields = "totalPrints successfulPrints failedPrints stoppedPrints successRate totalPrintTime"
    query = f"""query($filter: StatisticsFilter) {{ statistics(filter: $filter) {{ {fields}
        byPrinter {{ printer {{ name }} totalPrints }} byMaterial {{ material prints }}
        byDay {{ day totalPrints successRate }} }} }}"""
    assert (await server.graphql(query))["statistics"] == {
        "totalPrints": 3,
        "successfulPrints": 2,
        "failedPrints": 1,
        "stoppedPrints": 0,
        "successRate": 66.67,
        "totalPrintTime": 10800,
        "byPrinter": [
            {"printer": {"name": "Left"}, "totalPrints": 2},
            {"printer": {"name": "Right"}, "totalPrints": 1},
        ],
        "byMaterial": [{"material": "PLA", "prints": 2}, {"material": "PETG", "prints": 1}],
        "byDay": [
            {"day": "2026-03-01", "totalPrints": 2, "successRate": 50.0},
            {"day": "2026-03-02", "totalPrints": 1, "successRate": 100.0},
        ],
    }
    found = await server.graphql(query, {"filter": {"startDate": "2026-03-02"}})
    assert found["statistics"]["byPrinter"] == [{"printer": {"name": "Right"}, "totalPrints": 1}]
    per_printer = "{ printers { nodes { name statistics { totalPrints byDay { day } } } } }"
    nodes = (await server.graphql(per_printer))["printers"]["nodes"]
    assert [
        (node["name"], node["statistics"]["totalPrints"], len(node["statistics"]["byDay"]))
        for node in nodes
    ] == [("Left", 2, 1), ("Right", 1, 1)]
    nothing = await server.graphql(query, {"filter": {"printerId": "nonsense"}})
    assert (nothing["statistics"]["totalPrints"], nothing["statistics"]["successRate"]) == (0, 0.0)


@pytest.mark.parametrize("size", [2, 6])
async def test_statistics_of_many_printers_cost_few_statements(
    server: RunningServer, owner: Viewer, size: int
) -> None:
    """The printers, their totals, days and materials: four, however many printers."""
    for number in range(size):
        made = await make_printer(server.runtime.database, owner, f"P{number}")
        for _ in range(number):
            await make_print(server.runtime.database, made)
    query = """{ printers { nodes { statistics { totalPrints byPrinter { totalPrints }
        byDay { totalPrints } byMaterial { prints } } } } }"""
    with counted(server.runtime.database) as statements:
        nodes = (await server.graphql(query))["printers"]["nodes"]
    assert len(statements) == 4, statements
    assert [node["statistics"]["totalPrints"] for node in nodes] == list(range(size))
    for number, node in enumerate(nodes[1:], start=1):
        assert node["statistics"]["byPrinter"] == [{"totalPrints": number}]
        assert node["statistics"]["byDay"] == [{"totalPrints": number}]
        assert node["statistics"]["byMaterial"] == [{"prints": number}]
