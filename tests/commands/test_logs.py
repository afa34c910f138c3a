"""What a server prints: one JSON object a line, with request ids, without secrets."""

from __future__ import annotations

import json
from pathlib import Path

import httpx

from tests.commands.process import serving
from tests.running import EMAIL, KEY, PASSWORD

CODE = "73519042"
BODY = {
    "name": "P",
    "ip_address": "127.0.0.1",
    "access_code": CODE,
    "serial_number": "01P00A000000009",
    "mqtt_port": 1,
}
WRONG_KEY, WRONG_PASSWORD = "wr0ng-key-value", "wr0ng-pass-word"
ADD = f'mutation {{ addPrinter(input: {{name: "", serialNumber: "x", accessCode: "{CODE}"}})'


async def test_no_secret_reaches_the_logs(tmp_path: Path) -> None:
    """Keys, passwords, tokens and access codes, in what works and in what is refused."""
    async with (
        serving(tmp_path, log_level="debug") as server,
        httpx.AsyncClient(base_url=server.base, timeout=20) as client,
    ):
        signed = {"X-API-Key": KEY, "X-Request-ID": "request-of-the-test"}
        printers = "/api/v1/printers"
        assert (await client.post(printers, json=BODY, headers=signed)).status_code == 201
        await client.post(printers, json=BODY | {"mqtt_port": "x"}, headers=signed)
        await client.patch(f"{printers}/1", json={"access_code": CODE * 90}, headers=signed)
        login = {"email": EMAIL, "password": PASSWORD}
        tokens = (await client.post("/api/v1/auth/login", json=login)).json()
        await client.post("/api/v1/auth/login", json=login | {"password": WRONG_PASSWORD})
        await client.get(printers, headers={"X-API-Key": WRONG_KEY})
        await client.get(f"{printers}?token={CODE}&api_key={WRONG_KEY}")
        await client.post("/graphql", json={"query": ADD}, headers=signed)
        await server.end()
    lines = [json.loads(line) for line in server.output.splitlines()]
    assert [
        line["status"]
        for line in lines
        if line.get("request_id") == "request-of-the-test" and line.get("path") == printers
    ] == [201, 400]
    secrets = (
        KEY,
        PASSWORD,
        CODE,
        WRONG_KEY,
        WRONG_PASSWORD,
        tokens["access_token"],
        tokens["refresh_token"],
    )
    assert [secret for secret in secrets if secret in server.output] == []
