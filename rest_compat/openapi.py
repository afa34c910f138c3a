"""The OpenAPI document, derived from the rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app import __version__
from app.http.multipart import MULTIPART
from rest_compat.downloads import CSV, MEDIA_TYPES, XLSX
from rest_compat.pictures import JPEG, MOVING
from rest_compat.routes import ROWS
from rest_compat.table import File, Parameter, Pictures, Rate, Route, Row, Source, Stream
from rest_compat.values import Choice, Upload

Schema = Mapping[str, Any]
_SECURITY: list[dict[str, list[str]]] = [{"ApiKey": []}, {"Bearer": []}]
_CAMERA_TOKEN: dict[str, list[str]] = {"CameraToken": []}
_PROBLEMS = {
    401: "No credential, or one that is not valid.",
    403: "The credential may not do this.",
    404: "There is no such thing here.",
    409: "The present state forbids it.",
    413: "The body is too large.",
    415: "The body is of another kind than it must be.",
    429: "Too many requests; Retry-After says when to come back.",
    503: "Something the server depends on is away.",
}
_LIMIT_HEADERS = {
    "X-RateLimit-Limit": "Requests of this kind that are allowed.",
    "X-RateLimit-Remaining": "Requests that are left.",
    "X-RateLimit-Reset": "When the count begins anew, in epoch seconds.",
}


def document(public_url: str | None, dialect: str | None = None) -> dict[str, Any]:
    """The document for a server at `public_url`, or for whoever serves it; with a `dialect` (its
    name) of that one alone, for generators of clients."""
    rows = [row for row in ROWS if dialect is None or row.dialect.name == dialect]
    schemas: dict[str, Schema] = {}
    paths: dict[str, dict[str, Any]] = {}
    for row in rows:
        paths.setdefault(row.full_path, {})[row.method.lower()] = _operation(row, schemas)
    groups: dict[str, list[str]] = {}
    for tag, row in dict(zip(map(tag_of, rows), rows, strict=True)).items():
        groups.setdefault(row.dialect.name, []).append(tag)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Spoolgraph",
            "version": __version__,
            "summary": "REST routes over the GraphQL schema of a 3D-print farm.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": public_url or "/"}],
        "tags": [{"name": tag} for tags in groups.values() for tag in tags],
        "x-tagGroups": [{"name": name, "tags": tags} for name, tags in groups.items()],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {
                "ApiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "Bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An access token, or an API key.",
                },
                "CameraToken": {
                    "type": "apiKey",
                    "in": "query",
                    "name": "token",
                    "description": "Made by the mutation `createCameraToken`; good for an hour.",
                },
            },
        },
    }


def tag_of(row: Row) -> str:
    """What groups a row on the pages: its dialect, then its section."""
    return f"{row.dialect.name} · {row.section}"


def _operation(row: Row, schemas: dict[str, Schema]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": row.name,
        "tags": [tag_of(row)],
        "summary": row.summary,
        "security": _security(row),
        "parameters": [
            _parameter(item)
            for item in row.parameters
            if item.source in (Source.PATH, Source.QUERY)
        ],
        "responses": _responses(row, schemas),
    }
    if row.scope is not None:
        described["description"] = row.description or f"Needs the scope `{row.scope.value}`."
    if isinstance(row, Stream):
        described["parameters"].append(
            {
                "name": "format",
                "in": "query",
                "description": "Kind of file.",
                "schema": {"type": "string", "enum": [CSV, XLSX], "default": CSV},
            }
        )
    for source, media_type in ((Source.BODY, "application/json"), (Source.FORM, MULTIPART)):
        if fields := row.of(source):
            described["requestBody"] = {
                "required": True,
                "content": {media_type: _body(row, fields)} | _alone(fields),
            }
    return described


def _security(row: Row) -> list[dict[str, list[str]]]:
    if row.scope is None:
        return []
    return [*_SECURITY, _CAMERA_TOKEN] if isinstance(row, Pictures) else _SECURITY


def _alone(fields: list[Parameter]) -> dict[str, Any]:
    """Media types in which a file may be the whole body."""
    return {
        item.kind.alone: {"schema": {"type": "string", "format": "binary"}}
        for item in fields
        if isinstance(item.kind, Upload) and item.kind.alone is not None
    }


def _parameter(item: Parameter) -> dict[str, Any]:
    schema = dict(item.kind.schema())
    if item.default is not None:
        schema["default"] = _as_asked(item)
    found: dict[str, Any] = {
        "name": item.name,
        "in": item.source.value,
        "required": item.required,
        "description": item.description,
        "schema": schema,
    }
    if item.example is not None:
        found["example"] = item.example
    return found


def _as_asked(item: Parameter) -> Any:
    """The default of a parameter as a client would write it."""
    if isinstance(item.kind, Choice):
        return next(word for word, value in item.kind.words.items() if value == item.default)
    return item.default


def _body(row: Row, fields: list[Parameter]) -> dict[str, Any]:
    properties = {}
    for item in fields:
        schema: dict[str, Any] = dict(item.kind.schema())
        if item.nullable:
            schema = {"anyOf": [schema, {"type": "null"}]}
        properties[item.name] = {**schema, "description": item.description}
    found: dict[str, Any] = {"schema": {"type": "object", "properties": properties}}
    required = [item.name for item in fields if item.required]
    if required:
        found["schema"]["required"] = required
    if isinstance(row, Route) and row.request_example is not None:
        found["example"] = row.request_example
    return found


def _responses(row: Row, schemas: dict[str, Schema]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    limited = {} if row.rate is None or row.scope is None else _limit_headers()
    if isinstance(row, Stream):
        content = {
            kind: {"schema": {"type": "string"}}
            for kind in (MEDIA_TYPES[CSV].split(";")[0], MEDIA_TYPES[XLSX])
        }
        found["200"] = {"description": "The table.", "content": content, "headers": limited}
    elif isinstance(row, File):
        content = {row.media_type: {"schema": {"type": "string", "format": "binary"}}}
        found["200"] = {"description": "The bytes.", "content": content, "headers": limited}
        found["206"] = {"description": "The part that was asked for.", "content": content}
        found["304"] = {"description": "The client has them already."}
        found["416"] = {"description": "There are no such bytes."}
    elif isinstance(row, Pictures):
        kind = (MOVING if row.moving else JPEG).split(";")[0]
        content = {kind: {"schema": {"type": "string", "format": "binary"}}}
        found["200"] = {"description": row.summary + ".", "content": content, "headers": limited}
    elif isinstance(row, Route):
        found[str(row.status)] = _answer(row, schemas, limited)
    error = {"application/json": {"schema": _named(row.dialect.error_schema, schemas)}}
    invalid_status = row.dialect.invalid[0]
    for status, description in _refusals(row, invalid_status).items():
        found[str(status)] = {"description": description, "content": error}
    return found


def _answer(row: Route, schemas: dict[str, Schema], headers: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": row.summary + ".", "headers": headers}
    if row.answer is not None:
        written = row.answer if row.envelope is None else row.envelope.schema(row.answer)
        content: dict[str, Any] = {"schema": _named(written, schemas)}
        if row.example is not None:
            content["example"] = row.example
        answer["content"] = {"application/json": content}
    return answer


def _limit_headers() -> dict[str, Any]:
    return {
        name: {"description": text, "schema": {"type": "integer"}}
        for name, text in _LIMIT_HEADERS.items()
    }


def _refusals(row: Row, invalid_status: int) -> dict[int, str]:
    """The problems that can happen to a row, each once."""
    wanted = {503}
    if row.scope is not None:
        wanted |= {401, 403}
    elif row.rate is not None:
        wanted |= {401}
    if row.rate is not None:
        wanted |= {429}
    if row.of(Source.PATH):
        wanted |= {404}
    if row.of(Source.BODY) or row.of(Source.FORM):
        wanted |= {413, 415}
    if row.rate in (Rate.WRITE, Rate.CONTROL) and row.scope is not None:
        wanted |= {404, 409}
    found = {status: _PROBLEMS[status] for status in sorted(wanted)}
    if row.parameters:
        found[invalid_status] = "A field is missing, mistyped or out of its range."
    for status, code in row.refusals.values():
        found[status] = code
    return dict(sorted(found.items()))


def _named(schema: Schema, schemas: dict[str, Schema]) -> dict[str, Any]:
    """A schema with every titled record moved to the components."""
    if "title" in schema:
        title = schema["title"]
        if title not in schemas:
            schemas[title] = {}
            schemas[title] = _inner(schema, schemas)
        return {"$ref": f"#/components/schemas/{title}"}
    return _inner(schema, schemas)


def _inner(schema: Schema, schemas: dict[str, Schema]) -> dict[str, Any]:
    found = dict(schema)
    if "properties" in found:
        found["properties"] = {
            name: _named(value, schemas) for name, value in found["properties"].items()
        }
    if "items" in found:
        found["items"] = _named(found["items"], schemas)
    if "anyOf" in found:
        found["anyOf"] = [_named(value, schemas) for value in found["anyOf"]]
    return found
