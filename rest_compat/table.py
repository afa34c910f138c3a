"""What a route is: a row. `build` turns rows into an application, `openapi` into its document."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import field
from enum import Enum
from typing import Any

from starlette.datastructures import URL

from app.accounts.models import Plan, Scope
from app.accounts.viewer import Viewer
from app.files.download import Download
from app.records import record
from app.runtime import Runtime
from rest_compat.problems import Problem
from rest_compat.scalars import PathUuid
from rest_compat.values import Holder, Kind, PathId

Data = Mapping[str, Any]
JsonSchema = Mapping[str, Any]


# The variable of a request that only says in which team it acts; no operation takes it.
TEAM = "team"


class Source(Enum):
    """Where in a request a parameter stands."""

    PATH = "path"
    QUERY = "query"
    BODY = "body"
    FORM = "form"


@record
class Parameter:
    """One value of a request and the GraphQL variable it becomes.

    `into` is the path of the variable, `filter.printerId`. A parameter that is left out without a
    `default` leaves its variable out too; null is only accepted where it means something.
    """

    name: str
    kind: Kind
    into: str
    source: Source
    required: bool = False
    nullable: bool = False
    default: Any = None
    description: str = ""
    example: Any = None


@record
class Caller:
    """Who calls a service function: the viewer (None on open rows) and the client's address."""

    viewer: Viewer | None
    address: str


Service = Callable[[Runtime, Caller, Data], Awaitable[Data]]
Shape = Callable[[Data], Any]


@record
class Asked:
    """What a request asked for: its variables, and its address, for links to other pages."""

    variables: Mapping[str, Any]
    url: URL


@record
class Envelope:
    """What a dialect puts around an answer.

    `write` gets the shaped answer, the data it was shaped from, and what was asked; `schema`
    says in JSON Schema what becomes of an answer of one schema. `ask` turns what a request asked
    for into what the operation takes, a page number into an offset.
    """

    write: Callable[[Any, Data, Asked], Any]
    schema: Callable[[JsonSchema], JsonSchema]
    ask: Callable[[dict[str, Any]], None] | None = None


class Rate(Enum):
    """What a request counts as; each dialect has its limits for these."""

    READ = "read"
    WRITE = "write"
    CONTROL = "control"


@record
class Dialect:
    """One documented REST API: its errors, its limits, and how it names itself.

    `limits` names the class of the rate limiter per kind of request, `plans` the one per plan
    where requests are counted by plan; `identity` says whom they count. `codes` are the dialect's
    own names for codes of the domain. Where it `spans_teams`, a sign-in reads as every team of
    its user and writes in the team of what it changes.
    """

    name: str
    prefix: str
    invalid: tuple[int, str]
    write_problem: Callable[[Problem, str], dict[str, Any]]
    limits: Mapping[Rate, str]
    identity: Callable[[Viewer], str]
    error_schema: JsonSchema
    plans: Mapping[Plan, str] = field(default_factory=dict)
    codes: Mapping[str, str] = field(default_factory=dict)
    spans_teams: bool = False

    def limit_of(self, rate: Rate, viewer: Viewer) -> str:
        """The class of the rate limiter that a request counts in."""
        return self.plans.get(viewer.plan) or self.limits[rate]


@record(kw_only=True)
class Row:
    """What all rows have. `scope` None means open: no credential is asked for."""

    method: str
    path: str
    name: str
    section: str
    summary: str
    dialect: Dialect
    rate: Rate | None
    scope: Scope | None
    description: str = ""
    parameters: Sequence[Parameter] = ()
    example: Any = None
    # Codes of the domain that this row answers in its own way: status and code.
    refusals: Mapping[str, tuple[int, str]] = field(default_factory=dict)

    @property
    def full_path(self) -> str:
        """The path as clients ask for it."""
        return self.dialect.prefix + self.path

    def of(self, source: Source) -> list[Parameter]:
        """The parameters that stand in one place of the request."""
        return [parameter for parameter in self.parameters if parameter.source is source]

    @property
    def field_names(self) -> dict[str, str]:
        """How the request names the fields that the schema refuses; `*` is a place in a list."""
        found: dict[str, str] = {}
        for parameter in self.parameters:
            found[parameter.into] = parameter.name
            if isinstance(parameter.kind, Holder):
                for into, name in parameter.kind.names().items():
                    found[f"{parameter.into}.{into}"] = f"{parameter.name}.{name}"
        return found


@record(kw_only=True)
class Route(Row):
    """A JSON answer: the data of an operation (or of a service function) in its old shape.

    `every` names a connection of the operation that is read to its end, page by page, before it
    is shaped. `fixed` are variables that no request chooses. A shape gets the value of the
    operation's only root field, and `envelope` wraps what it makes. `answer` describes the answer
    inside the envelope. `status_of` may choose another status from the data. `acts_in` names the
    variable whose row says in which team a request acts, where the dialect spans teams, and
    `seen_with` the scope without which that row is not to be seen.
    """

    operation: str | None = None
    fixed: Mapping[str, Any] = field(default_factory=dict)
    service: Service | None = None
    every: str | None = None
    acts_in: str | None = None
    seen_with: Scope = Scope.READ
    shape: Shape
    envelope: Envelope | None = None
    answer: JsonSchema | None = None
    status: int = 200
    status_of: Callable[[Data], int] | None = None
    request_example: Any = None


@record(kw_only=True)
class Stream(Row):
    """A table as a download, CSV or XLSX, written page by page.

    `every` names the connection that is walked; without it the operation runs once. `lines` makes
    the cells of the data of one page.
    """

    operation: str
    every: str | None = None
    columns: Sequence[str]
    lines: Callable[[Data], Iterable[Sequence[Any]]]
    filename: str


Find = Callable[[Runtime, Viewer, Data], Awaitable[Download | None]]


@record(kw_only=True)
class File(Row):
    """Stored bytes as a download, in whole or in part.

    The operation authorises and finds what they belong to; `find` gets the variables of the
    request with the value of the operation's root field as `found`. Without bytes it is a 404.
    """

    operation: str
    find: Find
    media_type: str


@record(kw_only=True)
class Pictures(Row):
    """What a printer's camera shows: one picture, or a `moving` one that goes on.

    The operation authorises and finds the printer. Besides the headers a camera token is taken as
    `?token=`, since an `<img>` sends no headers.
    """

    operation: str
    moving: bool


def path_id(type_name: str, into: str = "id", what: str = "") -> Parameter:
    """The `{id}` of a path."""
    return Parameter(
        "id", PathId(type_name), into, Source.PATH, required=True, description=what, example=1
    )


def path_uuid(type_name: str, into: str = "id", what: str = "", name: str = "id") -> Parameter:
    """The `{id}` of a path, or another of its variables, that is a UUID."""
    return Parameter(name, PathUuid(type_name), into, Source.PATH, required=True, description=what)


def query(name: str, kind: Kind, into: str, description: str, **more: Any) -> Parameter:
    """A parameter of the query string."""
    return Parameter(name, kind, into, Source.QUERY, description=description, **more)


def form(name: str, kind: Kind, into: str, description: str, **more: Any) -> Parameter:
    """A part of a form with files; it becomes a field of the mutation's `input`."""
    return Parameter(name, kind, f"input.{into}", Source.FORM, description=description, **more)


def body(name: str, kind: Kind, into: str, description: str, **more: Any) -> Parameter:
    """A field of the JSON body; it becomes a field of the mutation's `input`."""
    return Parameter(name, kind, f"input.{into}", Source.BODY, description=description, **more)
