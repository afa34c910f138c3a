"""Relay connections over keyset pages."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import strawberry

from app.errors import Invalid
from app.keyset import Order, Page, Window
from schema.context import Context
from schema.fields import about

Node = TypeVar("Node")
Row = TypeVar("Row")
DEFAULT_PAGE = 20
MAX_OFFSET = 2**31 - 1


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = about("Whether more follows.")
    has_previous_page: bool = about("Whether more comes before.")
    start_cursor: str | None = about("Cursor of the first node of the page.")
    end_cursor: str | None = about("Cursor of the last node of the page.")


@strawberry.type(description="A node and its place in the list.")
class Edge(Generic[Node]):
    cursor: str = about("The place, for `after` and `before`.")
    node: Node = about("The node at this place.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[Node]):
    edges: list[Edge[Node]] = about("Nodes with their cursors.")
    nodes: list[Node] = about("The nodes alone.")
    page_info: PageInfo = about("Where this page lies.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="How many nodes the whole list has. Counted when asked for.")
    async def total_count(self) -> int:
        return await self.count()


def window(
    context: Context,
    *,
    first: int | None,
    after: str | None,
    last: int | None = None,
    before: str | None = None,
    offset: int | None = None,
) -> Window:
    """The arguments of a connection, checked; raises `Invalid` naming the argument."""
    if first is not None and last is not None:
        raise Invalid("Give `first` or `last`, not both.", field="first")
    for name, value in (("first", first), ("last", last)):
        if value is not None and not 1 <= value <= context.max_page_size:
            raise Invalid(f"This lies between 1 and {context.max_page_size}.", field=name)
    if offset is not None and not 0 <= offset <= MAX_OFFSET:
        raise Invalid("An offset is 0 or more.", field="offset")
    if offset and last is not None:
        raise Invalid("An offset goes with `first`.", field="offset")
    if last is None and first is None:
        first = DEFAULT_PAGE
    return Window(first=first, after=after, last=last, before=before, offset=offset or 0)


def connection(
    page: Page[Row], node: Callable[[Row], Node], count: Callable[[], Awaitable[int]]
) -> Connection[Node]:
    """A page of rows as a connection of nodes."""
    cursors = [page.cursor(row) for row in page.rows]
    nodes = [node(row) for row in page.rows]
    return Connection(
        edges=[Edge(cursor=cursor, node=item) for cursor, item in zip(cursors, nodes, strict=True)],
        nodes=nodes,
        page_info=PageInfo(
            has_next_page=page.has_next,
            has_previous_page=page.has_previous,
            start_cursor=cursors[0] if cursors else None,
            end_cursor=cursors[-1] if cursors else None,
        ),
        count=count,
    )


def page_of_first(rows: Sequence[Row], order: Order, size: int) -> Page[Row]:
    """The first page of a list of which one row more than the page was loaded."""
    return Page(rows=rows[:size], has_next=len(rows) > size, has_previous=False, order=order)
