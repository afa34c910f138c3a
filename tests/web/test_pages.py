"""The pages in a real browser: offline, under the policy, and working."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.keys import Keys

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


async def _runs(page: Chrome, pattern: str) -> str:
    """Run what the editor holds until the result is as the pattern describes.

    GraphiQL looks at a new tab a moment later than it shows it; who is faster runs it under the
    name of the last one, is told so, and presses again.
    """
    for _ in range(5):
        await beside(lambda: find(page, RUN).click())
        with suppress(AssertionError):
            return await _shows(page, pattern, RESULT, 8)
    return await _shows(page, pattern, RESULT)


async def _shows(page: Chrome, pattern: str, selector: str = "body", seconds: float = 30) -> str:
    """Wait until an element shows what the pattern describes; what it shows then."""

    async def shown() -> str:
        found = await beside(text, page, selector)
        return found if re.search(pattern, found) else ""

    try:
        return str(await eventually(shown, seconds))
    except TimeoutError:
        seen = await beside(text, page, selector) or await beside(text, page)
        said = await beside(complaints, page)
        raise AssertionError(f"{pattern!r} is not in {seen!r}; the console: {said}") from None


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
    await _runs(page, re.escape(printer.sim.name))
    live = "[...document.querySelectorAll('.graphiql-tab-button')].find(e=>/Live/.test(e.innerText))"
    await beside(page.execute_script, f"{live}.click()")
    await eventually(lambda: beside(lambda: "subscription" in text(page, ".graphiql-query-editor")))
    await _runs(page, "printerStatus")
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


# What a picture shows at the moment, as text; nothing before it shows anything.
PIXELS = """const picture = document.querySelector(arguments[0]);
if (!picture || !picture.complete || picture.naturalWidth === 0) return '';
const canvas = document.createElement('canvas');
canvas.width = picture.naturalWidth; canvas.height = picture.naturalHeight;
canvas.getContext('2d').drawImage(picture, 0, 0);
return canvas.width + ' ' + canvas.toDataURL('image/jpeg', 0.5);"""


async def _moves(page: Chrome, selector: str) -> None:
    """Wait until a picture of the simulator's camera is shown, and then another one."""

    async def pixels() -> str:
        return str(await beside(page.execute_script, PIXELS, selector))

    first = await eventually(pixels, 30)
    assert first.startswith("1280 ")

    async def another() -> bool:
        return await pixels() not in ("", first)

    await eventually(another, 30)


async def test_the_wall_display_shows_cameras(
    server: RunningServer, page: Chrome, farm: SimulatedFarm
) -> None:
    """A tap on a card opens what its camera shows, which moves; closed, nobody watches any more.
    What stands in the way is told in words."""
    (printer,) = farm.printers
    printer.quirks.camera_pictures_per_second = 10
    printer.sim.start(Job("Gear", seconds=600, layers=60, filaments=(Filament(),)))
    added = await server.add(printer)
    cameras, number = server.runtime.cameras, added["databaseId"]
    await beside(page.get, server.base)
    await beside(page.execute_script, f"localStorage.setItem('spoolgraph-credential', '{KEY}')")
    await beside(page.refresh)
    await _shows(page, re.escape(printer.sim.name))
    await beside(lambda: find(page, ".watch").click())
    await _moves(page, "#camera-picture")
    assert cameras.watchers(number) == 1
    assert "Gear" in await _shows(page, "Gear", "#camera")
    await beside(lambda: find(page, "body").send_keys(Keys.ESCAPE))
    await eventually(lambda: cameras.watchers(number) == 0)
    await eventually(lambda: beside(lambda: not find(page, "#camera").is_displayed()))
    await beside(lambda: find(page, ".printer").click())
    await _moves(page, "#camera-picture")
    cameras.stop(number)
    await _shows(page, "looking again", "#camera-notice")
    await _moves(page, "#camera-picture")
    await beside(lambda: find(page, "#camera-close").click())
    await eventually(lambda: cameras.watchers(number) == 0)
    await beside(_only_from, page, server.base)
    await printer.camera.stop()
    cameras.stop(number)
    await beside(lambda: find(page, ".printer").click())
    await _shows(page, "refuses connections", "#camera-notice")


async def test_an_address_with_a_camera_token_is_a_picture(
    server: RunningServer, page: Chrome, farm: SimulatedFarm
) -> None:
    """In an `<img>` of any page, which sends no key: one that moves, and one that does not."""
    (printer,) = farm.printers
    printer.quirks.camera_pictures_per_second = 10
    printer.sim.start(Job("Gear", seconds=600, layers=60, filaments=(Filament(),)))
    added = await server.add(printer)
    made = await server.graphql(
        """mutation($id: ID) { createCameraToken(input: {printerId: $id}) {
            streamPath snapshotPath } }""",
        {"id": added["id"]},
    )
    await beside(page.get, server.base)
    for name in ("streamPath", "snapshotPath"):
        insert = """const picture = document.createElement('img'); picture.id = arguments[0];
            picture.src = arguments[1]; document.body.append(picture);"""
        path = made["createCameraToken"][name]
        await beside(page.execute_script, insert, name, path)
    await _moves(page, "#streamPath")
    await eventually(lambda: beside(page.execute_script, PIXELS, "#snapshotPath"))
    await beside(_only_from, page, server.base)


@pytest.mark.parametrize(("path", "pattern"), [("/docs", "/api/v1/printers"), ("/redoc", "rinters")])
async def test_the_documentation_is_shown(
    server: RunningServer, page: Chrome, path: str, pattern: str
) -> None:
    """From this server alone."""
    await beside(page.get, f"{server.base}{path}")
    await _shows(page, pattern)
    await beside(_only_from, page, server.base)
