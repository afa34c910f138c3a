"""A Postman collection (format v2.1.0) made from the OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
JSON, FORM = "application/json", "multipart/form-data"
Document = Mapping[str, Any]


def collection(document: Document) -> dict[str, Any]:
    """One folder per dialect, inside it one per section; every request with the document's
    examples. The variables `baseUrl` and `token` are for whoever imports it."""
    items: dict[str, list[dict[str, Any]]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            items[operation["tags"][0]].append(_item(document, path, method, operation))
    info = document["info"]
    return {
        "info": {
            "_postman_id": str(uuid5(NAMESPACE_URL, f"{info['title']} {info['version']}")),
            "name": info["title"],
            "description": info["summary"],
            "version": info["version"],
            "schema": SCHEMA,
        },
        "item": [
            {
                "name": group["name"],
                "item": [
                    {"name": tag.rpartition(" · ")[2], "item": items[tag]} for tag in group["tags"]
                ],
            }
            for group in document["x-tagGroups"]
        ],
        "auth": {
            "type": "bearer",
            "bearer": [{"key": "token", "value": "{{token}}", "type": "string"}],
        },
        "variable": [
            {
                "key": "baseUrl",
                "value": document["servers"][0]["url"].rstrip("/"),
                "type": "string",
            },
            {"key": "token", "value": "", "type": "string"},
        ],
    }


def _variable(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "value": value, "type": "string"}


def _item(document: Document, path: str, method: str, operation: Document) -> dict[str, Any]:
    parameters = [_resolved(document, item) for item in operation.get("parameters", ())]
    request: dict[str, Any] = {
        "method": method.upper(),
        "description": operation.get("description", ""),
        "header": [],
        "url": _url(path, parameters),
    }
    if operation.get("security") == []:
        request["auth"] = {"type": "noauth"}
    content = operation.get("requestBody", {}).get("content", {})
    if JSON in content:
        request["header"] = [{"key": "Content-Type", "value": JSON}]
        request["body"] = _json_body(document, content[JSON])
    elif FORM in content:
        request["body"] = _form_body(document, content[FORM])
    return {"name": operation["summary"], "request": request, "response": []}


def _url(path: str, parameters: list[Document]) -> dict[str, Any]:
    segments = [
        f":{part[1:-1]}" if part.startswith("{") else part for part in path.strip("/").split("/")
    ]
    wanted = [item for item in parameters if item["in"] == "query"]
    return {
        "raw": "{{baseUrl}}/" + "/".join(segments),
        "host": ["{{baseUrl}}"],
        "path": segments,
        "query": [
            {
                "key": item["name"],
                "value": _text(item.get("example", item.get("schema", {}).get("default"))),
                "description": item.get("description", ""),
                "disabled": not item.get("required", False),
            }
            for item in wanted
        ],
        "variable": [
            {
                "key": item["name"],
                "value": _text(item.get("example")),
                "description": item.get("description", ""),
            }
            for item in parameters
            if item["in"] == "path"
        ],
    }


def _json_body(document: Document, content: Document) -> dict[str, Any]:
    example = content.get("example")
    if example is None:
        example = _made_up(_fields(document, content))
    return {
        "mode": "raw",
        "raw": json.dumps(example, indent=2, ensure_ascii=False),
        "options": {"raw": {"language": "json"}},
    }


def _form_body(document: Document, content: Document) -> dict[str, Any]:
    fields = _fields(document, content)
    return {
        "mode": "formdata",
        "formdata": [
            {"key": name, "type": "file", "src": []}
            if schema.get("format") == "binary"
            else {"key": name, "type": "text", "value": ""}
            for name, schema in fields.items()
        ],
    }


def _fields(document: Document, content: Document) -> Document:
    found: Document = _resolved(document, content["schema"]).get("properties", {})
    return found


def _made_up(fields: Document) -> dict[str, Any]:
    """A body to fill in: every field, empty."""
    empty: dict[str, Any] = {"integer": 0, "number": 0, "boolean": False, "array": [], "object": {}}
    return {name: empty.get(str(schema.get("type")), "") for name, schema in fields.items()}


def _resolved(document: Document, item: Document) -> Document:
    """What a reference inside the document stands for."""
    if "$ref" not in item:
        return item
    found: Any = document
    for part in item["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return _resolved(document, found)


def _text(value: Any) -> str:
    return "" if value is None else str(value)
