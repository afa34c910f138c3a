"""Spools are imported from a table."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import strawberry

from app.errors import Invalid
from app.files.incoming import Received
from app.spools import importing
from schema.context import Info
from schema.errors import USER_ERRORS, ErrorCode, UserError, user_errors
from schema.fields import about
from schema.spools.types import Spool


@strawberry.input(description="A table of spools.")
class ImportSpoolsInput:
    csv: str | None = about(
        "The table as CSV; its first line names the columns: `material_type`, `color` and "
        "`net_weight_grams`, and any other field of a spool.",
        default=None,
    )
    file: Received | None = about("The same as a file, instead of `csv`.", default=None)
    dry_run: bool = about("Only tell what would be refused.", default=False)


@strawberry.type(description="One cause why a line of a table cannot be imported.")
class LineError:
    line: int = about("Number of the line; the names of the columns stand on line 1.")
    column: str | None = about("The column, as the table calls it; null for the whole line.")
    message: str = about("The cause, for people.")

    @classmethod
    def of(cls, error: importing.LineError) -> "LineError":
        return cls(line=error.line, column=error.column, message=error.message)


@strawberry.type(description="What became of a table. With errors nothing was added.")
class ImportSpoolsPayload:
    dry_run: bool = about("Whether it was only tried.", default=False)
    rows: int = about("Rows of data in the table.", default=0)
    imported: int = about("Spools that were added.", default=0)
    spools: list[Spool] = about("The first 100 of them.", default_factory=list)
    ignored_columns: list[str] = about("Columns that nobody knows.", default_factory=list)
    line_errors: list[LineError] = about("Everything that is wrong.", default_factory=list)
    user_errors: list[UserError] = about("Why nothing was added.", default_factory=list)


MAX_SHOWN = 100
CHUNK = 1024 * 1024


async def _chunks(given: ImportSpoolsInput) -> AsyncIterator[bytes]:
    """The bytes of the table that was given, as a text or as a file."""
    if (given.csv is None) is (given.file is None):
        raise Invalid("Give the table as `csv` or as `file`.", field="file")
    if given.csv is not None:
        yield given.csv.encode(errors="surrogatepass")
    if given.file is not None:
        with await asyncio.to_thread(given.file.path.open, "rb") as file:
            while chunk := await asyncio.to_thread(file.read, CHUNK):
                yield chunk


@strawberry.type
class SpoolImportMutations:
    @strawberry.mutation(
        description="Add all spools of a CSV table, or none of them. Needs the scope INVENTORY."
    )
    async def import_spools(self, info: Info, input: ImportSpoolsInput) -> ImportSpoolsPayload:
        context = info.context
        try:
            sheet = await importing.read_sheet(_chunks(input))
            if input.dry_run:
                async with context.read() as reading:
                    done = await importing.check_sheet(reading, context.viewer, sheet)
            else:
                async with context.transaction() as session:
                    done = await importing.import_sheet(session, context.viewer, sheet)
        except USER_ERRORS as error:
            return ImportSpoolsPayload(user_errors=user_errors(error))
        context.renew_loaders()
        return _payload(done, input)


def _payload(done: importing.Imported, given: ImportSpoolsInput) -> ImportSpoolsPayload:
    source = "file" if given.csv is None else "csv"
    return ImportSpoolsPayload(
        rows=done.rows,
        imported=len(done.spools),
        spools=[Spool.of(row) for row in done.spools[:MAX_SHOWN]],
        ignored_columns=list(done.ignored),
        line_errors=[LineError.of(error) for error in done.errors],
        dry_run=given.dry_run,
        user_errors=[] if given.dry_run else _user_errors(done.errors, source),
    )


def _user_errors(errors: Sequence[importing.LineError], source: str) -> list[UserError]:
    """The first bad lines as refusals; the whole list is in `lineErrors`."""
    found = [_user_error(error, source) for error in errors[:MAX_SHOWN]]
    if len(errors) > MAX_SHOWN:
        more = f"{len(errors) - MAX_SHOWN} more things are wrong."
        found.append(UserError(code=ErrorCode.INVALID, message=more, field=["input", source]))
    return found


def _user_error(error: importing.LineError, source: str) -> UserError:
    place = [] if error.column is None else [error.column]
    return UserError(
        code=ErrorCode.INVALID,
        message=f"Line {error.line}: {error.message}",
        field=["input", source, *place],
    )
