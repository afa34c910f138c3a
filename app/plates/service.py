"""Sliced files as a team has them: the bytes, their plates, a picture of each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal

from app.database import WriteSession
from app.errors import Invalid
from app.events import ContentDiscarded
from app.files import service as files
from app.files.incoming import Received
from app.files.service import Admitted
from app.files.store import FileStore
from app.plates import queries
from app.plates.models import Plate, filaments_json
from app.records import record
from app.threemf.reading import read_off_loop
from app.threemf.sliced import SlicedFile, SlicedPlate

PACKAGE, CODE, PICTURE = "model/3mf", "text/x.gcode", "image/png"


@record
class Prepared:
    """A sliced file that was read, its bytes and pictures where they stay; not kept yet."""

    filename: str
    sliced: SlicedFile
    content: Admitted
    pictures: dict[int, Admitted]

    @property
    def media_type(self) -> str:
        """What kind of file it is."""
        return PACKAGE if self.sliced.kind == "3mf" else CODE

    def printable(self, number: int | None) -> SlicedPlate:
        """The plate with this number, or the first that can be printed.

        Raises `Invalid` when there is no such plate, or none that can be printed.
        """
        plates = [plate for plate in self.sliced.plates if plate.printable]
        if not plates:
            raise Invalid("This file is not sliced: no plate of it holds g-code.", field="file")
        if number is None:
            return plates[0]
        for plate in plates:
            if plate.number == number:
                return plate
        told = ", ".join(str(plate.number) for plate in plates)
        raise Invalid(f"The plates that can be printed are {told}.", field="plate")


@asynccontextmanager
async def prepared(store: FileStore, file: Received) -> AsyncIterator[Prepared]:
    """Read a file and put its bytes where they stay; without a session. Keep it in the block.

    Raises `Unreadable` when it is no sound sliced file.
    """
    sliced = await read_off_loop(file.path, file.filename)
    async with AsyncExitStack() as stack:
        numbers, received = [], []
        for plate in sliced.plates:
            if plate.thumbnail is not None:
                receiving = store.incoming.receive(_once(plate.thumbnail), "thumbnail.png")
                received.append(await stack.enter_async_context(receiving))
                numbers.append(plate.number)
        content, *pictures = await stack.enter_async_context(store.admitted(file, *received))
        yield Prepared(file.filename, sliced, content, dict(zip(numbers, pictures, strict=True)))


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def keep(session: WriteSession, team_id: int, made: Prepared) -> int:
    """Begin one use of a prepared file in a team, with its plates; the id of the stored file."""
    (file_id,) = await files.keep(session, team_id, [(made.content, made.media_type)])
    if (await queries.of_files(session, [file_id]))[file_id]:
        for picture in made.pictures.values():
            if picture.is_new:
                session.raise_event(ContentDiscarded(team_id=team_id, key=picture.key))
        return file_id
    kept = await files.keep(
        session, team_id, [(picture, PICTURE) for picture in made.pictures.values()]
    )
    pictures = dict(zip(made.pictures, kept, strict=True))
    session.add_all(
        _row(team_id, file_id, plate, pictures.get(plate.number)) for plate in made.sliced.plates
    )
    await session.flush()
    return file_id


def _row(team_id: int, file_id: int, plate: SlicedPlate, thumbnail_id: int | None) -> Plate:
    return Plate(
        team_id=team_id,
        file_id=file_id,
        number=plate.number,
        printable=plate.printable,
        name=plate.name,
        estimated_duration=plate.seconds,
        grams=plate.grams,
        layers=plate.layers,
        printer_model=plate.printer_model,
        nozzle_diameters=[f"{size.normalize():f}" for size in plate.nozzles],
        bed_type=plate.bed_type,
        filaments=filaments_json(plate.filaments),
        thumbnail_id=thumbnail_id,
    )


async def release(session: WriteSession, file_id: int | None) -> None:
    """End one use of a stored file; its last user takes plates and pictures along."""
    if file_id is None:
        return
    plates: Sequence[Plate] = (await queries.of_files(session, [file_id]))[file_id]
    pictures = [plate.thumbnail_id for plate in plates if plate.thumbnail_id is not None]
    for plate in plates:
        session.expunge(plate)
    if await files.release(session, [file_id]):
        await files.release(session, pictures)


def planned_grams(plate: Plate | SlicedPlate) -> Decimal | None:
    """What the plate is meant to use of all filaments; None unless each is known."""
    uses = plate.uses if isinstance(plate, Plate) else plate.filaments
    known = [item.grams for item in uses if item.grams is not None]
    return sum(known, Decimal(0)) if known and len(known) == len(uses) else plate.grams
