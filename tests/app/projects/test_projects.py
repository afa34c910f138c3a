"""Projects: made, changed, removed, and the archives they group."""

from __future__ import annotations

import pytest

from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.archives import queries as archives
from app.archives import service as archive_service
from app.archives.service import ArchiveChanges
from app.database import Database
from app.errors import Forbidden, Invalid, NotFound
from app.events import ProjectCreated, ProjectDeleted, ProjectUpdated
from app.keyset import Window
from app.projects import queries, service
from app.projects.models import Project, ProjectStatus
from app.projects.queries import ProjectFilter
from app.projects.service import NewProject, ProjectChanges
from tests.farm import listen, make_print, make_printer, make_viewer, with_scopes


@pytest.fixture
async def viewer(database: Database) -> Viewer:
    return await make_viewer(database)


async def _create(database: Database, viewer: Viewer, new: NewProject) -> Project:
    async with database.transaction(viewer.team_id) as session:
        return await service.create_project(session, viewer, new)


async def _update(
    database: Database, viewer: Viewer, project_id: int, changes: ProjectChanges
) -> Project:
    async with database.transaction(viewer.team_id) as session:
        return await service.update_project(session, viewer, project_id, changes)


async def _names(database: Database, viewer: Viewer, wanted: ProjectFilter) -> list[str]:
    async with database.read(viewer.team_id) as session:
        order = queries.ORDERS["name", False]
        page = await queries.page(session, wanted, order, Window(first=100))
        assert await queries.count(session, wanted) == len(page.rows)
        return [row.name for row in page.rows]


async def test_a_project_is_made_and_changed(database: Database, viewer: Viewer) -> None:
    """It begins active; what is given changes, null empties, absence leaves alone."""
    told = listen(database)
    new = NewProject(" Voron Build ", "Building a Voron 2.4", "#4CAF50", 100)
    project = await _create(database, viewer, new)
    assert (project.name, project.color, project.target_count, project.status) == (
        "Voron Build",
        "#4caf50",
        100,
        ProjectStatus.ACTIVE,
    )
    changes = ProjectChanges(status=ProjectStatus.COMPLETED, target_count=None, color=None)
    project = await _update(database, viewer, project.id, changes)
    assert (project.name, project.color, project.target_count, project.status) == (
        "Voron Build",
        None,
        None,
        ProjectStatus.COMPLETED,
    )
    assert project.description == "Building a Voron 2.4"
    assert [type(item) for item in told] == [ProjectCreated, ProjectUpdated]


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (NewProject(" "), "name"),
        (NewProject("x" * 201), "name"),
        (NewProject("a", color="#12345"), "color"),
        (NewProject("a", color="green"), "color"),
        (NewProject("a", target_count=0), "target_count"),
        (NewProject("a", target_count=2**31), "target_count"),
        (NewProject("a", description="x" * 20_001), "description"),
    ],
)
async def test_a_wrong_value_names_its_field(
    database: Database, viewer: Viewer, new: NewProject, field: str
) -> None:
    """Nothing is stored."""
    with pytest.raises(Invalid) as refused:
        await _create(database, viewer, new)
    assert refused.value.field == field
    assert await _names(database, viewer, ProjectFilter()) == []


async def test_projects_are_found_by_status_and_words(database: Database, viewer: Viewer) -> None:
    """Every word is a part of the name or the description."""
    await _create(database, viewer, NewProject("Vases", "gifts for Mary"))
    done = await _create(database, viewer, NewProject("Voron 100%"))
    await _update(database, viewer, done.id, ProjectChanges(status=ProjectStatus.ARCHIVED))
    for wanted, expected in (
        (ProjectFilter(), ["Vases", "Voron 100%"]),
        (ProjectFilter(status=ProjectStatus.ACTIVE), ["Vases"]),
        (ProjectFilter(search="mary vas"), ["Vases"]),
        (ProjectFilter(search="0%"), ["Voron 100%"]),
        (ProjectFilter(search="v_"), []),
        (ProjectFilter(ProjectStatus.ACTIVE, "voron"), []),
    ):
        assert await _names(database, viewer, wanted) == expected, wanted


async def test_successful_prints_complete_a_project(database: Database, viewer: Viewer) -> None:
    """Of its archives the successful ones count; removing it leaves them in the history."""
    printer = await make_printer(database, viewer)
    project = await _create(database, viewer, NewProject("Vases", target_count=4))
    for outcome in ("success", "failed", "success", "stopped"):
        archive = await make_print(database, printer, outcome=outcome)
        async with database.transaction(viewer.team_id) as session:
            changes = ArchiveChanges(project_id=project.id)
            await archive_service.update_archive(session, viewer, archive.id, changes)
    async with database.read(viewer.team_id) as session:
        assert await archives.completed_counts(session, [project.id, 99]) == {project.id: 2}
        assert await archives.archive_counts(session, [project.id]) == {project.id: 4}
    told = listen(database)
    async with database.transaction(viewer.team_id) as session:
        await service.delete_project(session, viewer, project.id)
    async with database.read(viewer.team_id) as session:
        rows = await archives.batch_after(session, 0, 100)
        assert [row.project_id for row in rows] == [None] * 4
    assert [type(item) for item in told] == [ProjectDeleted]


async def test_projects_of_others_do_not_exist(database: Database, viewer: Viewer) -> None:
    """They are neither found, changed nor removed; without the scope nobody changes any."""
    project = await _create(database, viewer, NewProject("Vases"))
    stranger = await make_viewer(database, name="other")
    with pytest.raises(NotFound):
        await _update(database, stranger, project.id, ProjectChanges(name="Mine"))
    async with database.transaction(stranger.team_id) as session:
        with pytest.raises(NotFound):
            await service.delete_project(session, stranger, project.id)
    with pytest.raises(Forbidden):
        await _create(database, with_scopes(viewer, Scope.READ), NewProject("No"))
    assert await _names(database, viewer, ProjectFilter()) == ["Vases"]
