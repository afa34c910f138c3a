"""The pages in a real browser: offline, under the policy, and working."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from selenium.webdriver import Chrome

from app.simulator.farm import SimulatedFarm, SimulatorOptions
from app.simulator.jobs import Filament, Job
from tests.running import KEY, RunningServer, eventually
from tests.web.browser import beside, browser, complaints, find, requested, text

RUN = "button.graphiql-execute-button"
RESULT = ".result-window"


@pytest.fixture
async def page() -> AsyncIterator[Chrome]:
    """A browser with nothing open."""
    opening = browser()
    opened = await beside(opening.__enter__)
    try:
        yield opened
    finally:
        await beside(opening.__exit__, None, None, None)


@pytest.fixture
async def farm() -> AsyncIterator[SimulatedFarm]:
    """One printer that is about to print."""
    options = SimulatorOptions(printers=1, models=("p1s",), speed=60, base_port=0)
    async with SimulatedFarm(options) as started:
        yield started


async def _shows(page: Chrome, pattern: str, selector: str = "body") -> str:
    """Wait until an element shows what the pattern describes; what it shows then."""

    async def shown() -> str:
        found = await beside(text, page, selector)
        return found if re.search(pattern, found) else ""

    return str(await eventually(shown, 30))


def _only_from(page: Chrome, base: str) -> None:
    """Nothing was asked of anybody else, and nothing was refused or broken."""
    foreign = {
        url for url in requested(page) if not url.startswith((base, "data:", "blob:", "chrome"))
    }
    assert foreign == set()
    assert complaints(page) == []


async def test_graphiql_runs_queries_and_subscriptions(
    server: RunningServer, page: Chrome, farm: SimulatedFarm
) -> None:
    """A key is entered, the ready tabs are there, a query answers, a subscription goes on."""
    (printer,) = farm.printers
    await server.add(printer)
    await beside(page.get, f"{server.base}/graphql")
    await _shows(page, "Nothing is answered without a credential")
    await eventually(lambda: beside(text, page, ".graphiql-tabs"))
    tabs = await beside(text, page, ".graphiql-tabs")
    assert re.findall(r"Farm|Live|History", tabs) == ["Farm", "Live", "History"]
    await beside(lambda: find(page, "input[name=key]").send_keys(KEY))
    await beside(lambda: find(page, ".sign-in button[type=submit]").click())
    await _shows(page, "Signed in", ".sign-in")
    await eventually(lambda: beside(lambda: find(page, RUN).is_displayed()))
    await beside(lambda: find(page, RUN).click())
    await _shows(page, re.escape(printer.sim.name), RESULT)
    live = "[...document.querySelectorAll('.graphiql-tab-button')].find(e=>/Live/.test(e.innerText))"
    await beside(page.execute_script, f"{live}.click()")
    await eventually(lambda: beside(lambda: "subscription" in text(page, ".graphiql-query-editor")))
    await beside(lambda: find(page, RUN).click())
    await _shows(page, "printerStatus", RESULT)
    printer.sim.start(Job("Seen live", seconds=600, layers=60, filaments=(Filament(),)))
    first = await _shows(page, r'"progress": [1-9]', RESULT)

    async def moved() -> bool:
        shown = await beside(text, page, RESULT)
        return re.findall(r'"progress": \d+', shown) != re.findall(r'"progress": \d+', first)

    await eventually(moved)
    await beside(_only_from, page, server.base)


async def test_the_wall_display_shows_the_farm(
    server: RunningServer, page: Chrome, farm: SimulatedFarm
) -> None:
    """With the key that was entered, every printer by name."""
    (printer,) = farm.printers
    await server.add(printer)
    await beside(page.get, server.base)
    await beside(
        page.execute_script, f"localStorage.setItem('spoolgraph-credential', '{KEY}')"
    )
    await beside(page.refresh)
    await _shows(page, re.escape(printer.sim.name))
    await beside(_only_from, page, server.base)


@pytest.mark.parametrize(("path", "pattern"), [("/docs", "/api/v1/printers"), ("/redoc", "rinters")])
async def test_the_documentation_is_shown(
    server: RunningServer, page: Chrome, path: str, pattern: str
) -> None:
    """From this server alone."""
    await beside(page.get, f"{server.base}{path}")
    await _shows(page, pattern)
    await beside(_only_from, page, server.base)
