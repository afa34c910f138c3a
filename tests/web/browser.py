"""A real browser that can reach this machine alone."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.services import missing

T = TypeVar("T")


@contextmanager
def browser() -> Iterator[Chrome]:
    """Chromium without a window; every name but the loopback's leads nowhere."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or driver is None:
        missing("Chromium with its driver")
        raise AssertionError
    options = ChromeOptions()
    options.binary_location = program
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--window-size=1400,900",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    opened = Chrome(options=options, service=Service(driver))
    try:
        yield opened
    finally:
        opened.quit()


async def beside(work: Callable[..., T], *arguments: Any) -> T:
    """Run what the driver blocks for in a thread: the server runs in this one."""
    return await asyncio.to_thread(work, *arguments)


def find(page: Chrome, selector: str) -> WebElement:
    """The first element of a CSS selector."""
    return page.find_element(By.CSS_SELECTOR, selector)


def text(page: Chrome, selector: str = "body") -> str:
    """What an element shows; empty while it is not there."""
    script = "const e = document.querySelector(arguments[0]); return e ? e.innerText : ''"
    found: str = page.execute_script(script, selector)
    return found.replace("\xa0", " ")


def requested(page: Chrome) -> set[str]:
    """The addresses that were asked for since the last call."""
    messages = (json.loads(item["message"])["message"] for item in page.get_log("performance"))
    return {
        item["params"]["request"]["url"]
        for item in messages
        if item["method"] == "Network.requestWillBeSent"
    }


def complaints(page: Chrome) -> list[str]:
    """Errors on the browser's console since the last call, breaches of the policy among them.

    That nothing is answered before somebody signs in is none.
    """
    messages = (item["message"] for item in page.get_log("browser") if item["level"] == "SEVERE")
    return [message for message in messages if "status of 401" not in message]
