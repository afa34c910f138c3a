"""Finding the route of a path in as many steps as it has parts, however many routes there are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from app.records import record

# Paths that are remembered with where they lead, and the characters they have at most.
REMEMBERED, REMEMBERED_LENGTH = 2_000, 200
_VARIABLE = re.compile(r"\{\w+\}")


@record
class _Known:
    """A route, the methods it answers (None: all), and the names of the variables in its path."""

    route: Route
    methods: frozenset[str] | None
    variables: tuple[str, ...]


@dataclass(slots=True)
class _Place:
    """What follows one part of a path, and the routes that end there."""

    routes: list[_Known] = field(default_factory=list)
    named: dict[str, _Place] = field(default_factory=dict)
    variable: _Place | None = None


class IndexedRouter(Router):
    """Starlette's router with an index of the plain routes; whatever it does not know of goes the
    long way.

    A named part goes before a variable one, whatever the order of the routes.
    """

    _index: _Place | None = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._lately: dict[str, tuple[_Place | None, Sequence[str]]] = {}

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the route of a request, or answer that there is none."""
        try:
            await self._run_route(scope, receive, send)
        except HTTPException as error:
            if scope["type"] != "http":
                raise
            response = PlainTextResponse(error.detail, error.status_code, error.headers)
            await response(scope, receive, send)

    async def _run_route(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope.get("root_path"):
            if self._index is None:
                self._index = self._indexed()
            place, values = self._place(self._index, scope["path"])
            for known in place.routes if place is not None else ():
                if known.methods is None or scope["method"] in known.methods:
                    scope["router"] = self
                    scope["route"] = known.route
                    scope["endpoint"] = known.route.endpoint
                    scope["path_params"] = dict(zip(known.variables, values, strict=True))
                    await known.route.app(scope, receive, send)
                    return
        await super().app(scope, receive, send)

    def _place(self, index: _Place, path: str) -> tuple[_Place | None, Sequence[str]]:
        """Where a path leads, and the values of its variables. The same few are asked again and
        again, so the last ones are remembered."""
        found = self._lately.get(path)
        if found is None:
            values: list[str] = []
            found = _found(index, path.split("/"), 0, values), values
            if len(path) <= REMEMBERED_LENGTH:
                if len(self._lately) >= REMEMBERED:
                    self._lately.clear()
                self._lately[path] = found
        return found

    def _indexed(self) -> _Place:
        root = _Place()
        for route in self.routes:
            if isinstance(route, Route):
                _add(root, route)
        return root


class LeanStarlette(Starlette):
    """An application whose own middleware and router answer for what goes wrong, so that no
    request passes through Starlette's two layers for it."""

    def build_middleware_stack(self) -> ASGIApp:
        """The middleware around the router, in the order it was given."""
        self.router = IndexedRouter(self.routes, lifespan=self.router.lifespan_context)
        app: ASGIApp = self.router
        for kind, arguments, options in reversed(self.user_middleware):
            app = kind(app, *arguments, **options)
        return app


def _add(root: _Place, route: Route) -> None:
    """Put a route into the index, unless its variables are more than one part of a path each."""
    place = root
    variables: list[str] = []
    for part in route.path.split("/"):
        if _VARIABLE.fullmatch(part):
            variables.append(part[1:-1])
            place.variable = place = place.variable or _Place()
        elif "{" in part:
            return
        else:
            place = place.named.setdefault(part, _Place())
    methods = None if route.methods is None else frozenset(route.methods)
    place.routes.append(_Known(route, methods, tuple(variables)))


def _found(place: _Place, parts: list[str], number: int, values: list[str]) -> _Place | None:
    """The place of a path; `values` get those of its variables."""
    if number == len(parts):
        return place if place.routes else None
    part = parts[number]
    named = place.named.get(part)
    found = None if named is None else _found(named, parts, number + 1, values)
    if found is None and place.variable is not None and part:
        values.append(part)
        found = _found(place.variable, parts, number + 1, values)
        if found is None:
            values.pop()
    return found
