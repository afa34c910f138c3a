"""Runs what a row points to: an operation of the schema, or a service function."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.accounts.viewer import Viewer
from app.files.download import Download
from app.runtime import Runtime
from rest_compat.documents import operation
from rest_compat.problems import not_found, of_graphql, of_user_errors
from rest_compat.table import Caller, File, Route, Row, Source, Stream
from schema.context import FACADE_MAX_PAGE, OPERATION_SECONDS, UPLOAD_SECONDS, Context

Data = Mapping[str, Any]


@dataclass(slots=True)
class Call:
    """One request of one caller."""

    runtime: Runtime
    row: Row
    viewer: Viewer | None
    address: str
    request_id: str

    async def data(self, route: Route, variables: dict[str, Any]) -> Data:
        """The value of the operation's only root field, or what the service function gave."""
        if route.service is not None:
            caller = Caller(self.viewer, self.address)
            return await route.service(self.runtime, caller, variables)
        variables = with_fixed(route.fixed, variables)
        if route.every is None:
            return await self.root(route.operation or "", variables)
        pages = [page async for page in self.pages(route, variables)]
        if len(pages) == 1:
            return pages[0]
        return {"nodes": [node for page in pages for node in page["nodes"]]}

    async def pages(self, row: Route | Stream, variables: dict[str, Any]) -> AsyncIterator[Data]:
        """Every page of a connection; of an operation without one, its only answer."""
        if row.every is None:
            yield await self.root(row.operation or "", variables)
            return
        asked = {**variables, "first": FACADE_MAX_PAGE}
        while True:
            page = await self.root(row.operation or "", asked)
            yield page
            if not page["pageInfo"]["hasNextPage"]:
                return
            asked["after"] = page["pageInfo"]["endCursor"]

    async def download(self, row: File, variables: dict[str, Any]) -> Download:
        """The stored bytes that belong to what the operation finds."""
        found = await self.root(row.operation, variables)
        if self.viewer is None:
            raise RuntimeError("stored bytes need a viewer")
        download = await row.find(self.runtime, self.viewer, {**variables, "found": found})
        if download is None:
            raise not_found("There is no such file here.")
        return download

    async def root(self, name: str, variables: Mapping[str, Any]) -> Data:
        """Execute once. Raises `Problem` for refusals and for what is not found."""
        if self.viewer is None:
            raise RuntimeError("an operation needs a viewer")
        context = Context(
            runtime=self.runtime,
            viewer=self.viewer,
            request_id=self.request_id,
            max_page_size=FACADE_MAX_PAGE,
            address=self.address,
            seconds=UPLOAD_SECONDS if self.row.of(Source.FORM) else OPERATION_SECONDS,
        )
        result = await operation(name).run(variables, context)
        if result.errors:
            raise of_graphql(result.errors, self.row.field_names)
        (found,) = (result.data or {}).values()
        if found is None:
            raise not_found()
        if found.get("userErrors"):
            raise of_user_errors(found["userErrors"], self.row.field_names)
        answer: Data = found
        return answer


def with_fixed(fixed: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """The variables of a request and, beside and inside them, those that no request chooses."""
    found = dict(asked)
    for name, value in fixed.items():
        inner = found.get(name)
        if isinstance(value, Mapping) and isinstance(inner, Mapping):
            found[name] = with_fixed(value, inner)
        else:
            found.setdefault(name, value)
    return found
