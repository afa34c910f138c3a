"""The Postman collection: valid v2.1, complete, and usable as it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft7Validator

from rest_compat import openapi, postman
from rest_compat.routes import ROWS
from tests.running import RunningServer

_KEYED = {
    "type": "object",
    "required": ["key", "value"],
    "properties": {"key": {"type": "string"}, "disabled": {"type": "boolean"}},
}
# What the v2.1.0 format demands of the parts that are used here.
FORMAT = {
    "type": "object",
    "required": ["info", "item"],
    "properties": {
        "info": {
            "type": "object",
            "required": ["name", "schema"],
            "properties": {
                "name": {"type": "string"},
                "_postman_id": {"type": "string"},
                "schema": {"const": postman.SCHEMA},
            },
        },
        "item": {"type": "array", "items": {"$ref": "#/definitions/item"}},
        "variable": {"type": "array", "items": _KEYED},
        "auth": {"$ref": "#/definitions/auth"},
    },
    "definitions": {
        "auth": {
            "type": "object",
            "required": ["type"],
            "properties": {
                "type": {"enum": ["apikey", "basic", "bearer", "noauth", "oauth2"]},
                "bearer": {"type": "array", "items": _KEYED},
            },
        },
        "item": {
            "type": "object",
            "required": ["name"],
            "oneOf": [
                {
                    "required": ["item"],
                    "properties": {
                        "item": {"type": "array", "items": {"$ref": "#/definitions/item"}}
                    },
                },
                {
                    "required": ["request"],
                    "properties": {
                        "request": {"$ref": "#/definitions/request"},
                        "response": {"type": "array"},
                    },
                },
            ],
        },
        "request": {
            "type": "object",
            "required": ["method", "url"],
            "properties": {
                "method": {"type": "string"},
                "auth": {"$ref": "#/definitions/auth"},
                "header": {"type": "array", "items": _KEYED},
                "url": {
                    "type": "object",
                    "required": ["raw", "host", "path"],
                    "properties": {
                        "raw": {"type": "string"},
                        "host": {"type": "array", "items": {"type": "string"}},
                        "path": {"type": "array", "items": {"type": "string"}},
                        "query": {"type": "array", "items": _KEYED},
                        "variable": {"type": "array", "items": _KEYED},
                    },
                },
                "body": {
                    "type": "object",
                    "required": ["mode"],
                    "properties": {
                        "mode": {"enum": ["raw", "urlencoded", "formdata", "file", "graphql"]},
                        "raw": {"type": "string"},
                        "formdata": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "required": ["key", "type"],
                                "properties": {"type": {"enum": ["text", "file"]}},
                            },
                        },
                    },
                },
            },
        },
    },
}


def _requests(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "request" in item:
        yield item["request"]
    for inner in item.get("item", ()):
        yield from _requests(inner)


async def test_the_collection(server: RunningServer) -> None:
    """Served openly; every route once, in the folder of its dialect; bodies are the examples."""
    answer = await server.client(None).get("/postman-collection.json")
    assert answer.status_code == 200
    found = answer.json()
    assert list(Draft7Validator(FORMAT).iter_errors(found)) == []
    assert found == postman.collection(openapi.document(server.runtime.settings.own_url))
    assert [item["name"] for item in found["item"]] == [
        group["name"] for group in openapi.document(None)["x-tagGroups"]
    ]
    requests = list(_requests(found))
    assert len(requests) == len(ROWS)
    platform = next(item for item in found["item"] if item["name"] == "Platform")
    create = next(
        request
        for request in _requests(platform)
        if request["method"] == "POST" and request["url"]["path"][-1] == "projects"
    )
    assert json.loads(create["body"]["raw"])["name"] == "My New Project"
    variables = {item["key"]: item["value"] for item in found["variable"]}
    assert variables == {"baseUrl": server.runtime.settings.own_url, "token": ""}


async def test_a_request_of_it_works(server: RunningServer) -> None:
    """With the variables filled in, as Postman does it."""
    found = postman.collection(openapi.document(server.base))
    values = {item["key"]: item["value"] for item in found["variable"]} | {"token": server.key}
    reference = next(item for item in found["item"] if item["name"] == "Reference")
    create = next(request for request in _requests(reference) if request["method"] == "POST")
    url = create["url"]["raw"].replace("{{baseUrl}}", values["baseUrl"])
    headers = {item["key"]: item["value"] for item in create["header"]}
    answer = await server.client(None).request(
        create["method"],
        url,
        content=create["body"]["raw"],
        headers={**headers, "Authorization": f"Bearer {values['token']}"},
    )
    assert answer.status_code == 201
