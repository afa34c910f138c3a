"""From a request to GraphQL variables: the body, then every parameter of the row."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request

from app.files.incoming import Incoming
from app.http.multipart import MULTIPART, Form, is_form, read_form
from app.http.quick import QuickRequest
from rest_compat.problems import Fault, Problem, invalid, not_found
from rest_compat.table import Parameter, Row, Source
from rest_compat.values import NoSuchRow, Refused, Upload

MAX_BODY = 1_000_000
_JSON = re.compile(r"application/(json|[a-z0-9.+-]+\+json)", re.IGNORECASE)
_ABSENT = object()
_NO_BODY: Mapping[str, Any] = {}
_NO_FORM = Form()


@asynccontextmanager
async def read_variables(
    row: Row, request: QuickRequest, incoming: Incoming
) -> AsyncIterator[dict[str, Any]]:
    """The variables of the row's operation; raises `Problem` naming every refused field.

    Files of a form are on disk until the block ends.
    """
    body = _NO_BODY
    async with AsyncExitStack() as stack:
        form = _NO_FORM
        expected = row.of(Source.BODY)
        if row.of(Source.FORM):
            form = await _read_form(row, request, incoming, stack)
        elif expected:
            optional = not any(item.required for item in expected)
            body = await _read_body(request, optional=optional)
        yield _variables(row, request, body, form)


def has_body(row: Row) -> bool:
    """Whether anything of the row stands in the body of a request."""
    return any(item.source in (Source.BODY, Source.FORM) for item in row.parameters)


def read_address(row: Row, request: Request) -> dict[str, Any]:
    """The variables of a row that reads no body, as `read_variables` gives them."""
    return _variables(row, request, _NO_BODY, _NO_FORM)


def _variables(row: Row, request: Request, body: Mapping[str, Any], form: Form) -> dict[str, Any]:
    variables: dict[str, Any] = {}
    faults: list[Fault] = []
    for parameter in row.parameters:
        try:
            value = _value(parameter, request, body, form)
        except Refused as refused:
            named = f"{parameter.name}.{refused.at}" if refused.at else parameter.name
            faults.append(Fault(named, str(refused)))
        except NoSuchRow:
            raise not_found() from None
        else:
            if value is not _ABSENT:
                _put(variables, parameter.into, value)
    if faults:
        raise invalid(*faults)
    if any(parameter.into.startswith("input.") for parameter in row.parameters):
        variables.setdefault("input", {})
    return variables


def _value(parameter: Parameter, request: Request, body: Mapping[str, Any], form: Form) -> Any:
    if parameter.source is Source.PATH:
        return parameter.kind.from_text(request.path_params[parameter.name])
    if parameter.source is Source.QUERY:
        text = request.query_params.get(parameter.name)
        if text is not None:
            return parameter.kind.from_text(text)
    elif parameter.source is Source.FORM:
        if isinstance(parameter.kind, Upload) and parameter.name in form.files:
            return form.files[parameter.name]
        # A form sends a field that nobody filled in as an empty text.
        if text := form.fields.get(parameter.name):
            return parameter.kind.from_text(text)
    elif parameter.name in body:
        raw = body[parameter.name]
        if raw is not None:
            return parameter.kind.from_json(raw)
        if parameter.nullable:
            return None
        raise Refused("must not be null")
    if parameter.required:
        raise Refused("is required")
    return _ABSENT if parameter.default is None else parameter.default


async def _read_form(row: Row, request: Request, incoming: Incoming, stack: AsyncExitStack) -> Form:
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    alone = {
        parameter.kind.alone: parameter.name
        for parameter in row.of(Source.FORM)
        if isinstance(parameter.kind, Upload) and parameter.kind.alone is not None
    }
    if sent in alone:
        receiving = incoming.receive(_whole(request), alone[sent])
        return Form(files={alone[sent]: await stack.enter_async_context(receiving)})
    if not is_form(request):
        kinds = " or ".join((MULTIPART, *alone))
        raise Problem("UNSUPPORTED_MEDIA_TYPE", f"The body must be {kinds}.")
    return await stack.enter_async_context(read_form(request, incoming))


async def _whole(request: Request) -> AsyncIterator[bytes]:
    try:
        async for chunk in request.stream():
            yield chunk
    except ClientDisconnect:
        raise invalid(Fault(None, "The body ended too early.")) from None


def _put(variables: dict[str, Any], into: str, value: Any) -> None:
    *parents, last = into.split(".")
    for parent in parents:
        variables = variables.setdefault(parent, {})
    variables[last] = value


async def _read_body(request: QuickRequest, *, optional: bool) -> Mapping[str, Any]:
    """The JSON object of a request; where nothing is required there may be no body at all."""
    kind, _, parameters = request.headers.get("content-type", "application/json").partition(";")
    charset = re.search(r"charset=\"?([^\";\s]+)", parameters, re.IGNORECASE)
    if not _JSON.fullmatch(kind.strip()) or (
        charset is not None and charset.group(1).lower() not in ("utf-8", "utf8", "us-ascii")
    ):
        raise Problem("UNSUPPORTED_MEDIA_TYPE", "The body must be application/json in UTF-8.")
    written = await _bytes(request)
    if optional and not written:
        return {}
    try:
        body = orjson.loads(written)
    except orjson.JSONDecodeError:
        raise invalid(Fault(None, "The body is not JSON.")) from None
    if not isinstance(body, dict):
        raise invalid(Fault(None, "The body must be a JSON object."))
    return body


async def _bytes(request: QuickRequest) -> bytes:
    declared = request.headers.get("content-length", "0")
    try:
        too_long = declared.isdigit() and int(declared) > MAX_BODY
        found = None if too_long else await request.read(MAX_BODY)
    except ClientDisconnect:
        raise invalid(Fault(None, "The body ended too early.")) from None
    if found is None:
        raise Problem("PAYLOAD_TOO_LARGE", f"A body has at most {MAX_BODY} bytes.")
    return found
