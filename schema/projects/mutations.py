"""Projects are made, changed and deleted."""

import strawberry

from app.archives import detaching
from app.archives.templates import create_from
from app.data_files import service as data_files
from app.projects import service
from app.projects.models import ProjectStatus, Visibility
from schema.context import Info
from schema.errors import UserError, missing, mutate
from schema.fields import about, given
from schema.ids import global_id, integer_id
from schema.projects.types import Project
from schema.scalars import Json


@strawberry.input(description="The project to make.")
class CreateProjectInput:
    name: str = about("Name, 1 to 200 characters.")
    description: str | None = about("What it is about.", default=None)
    color: str | None = about("Colour, `#rrggbb`.", default=None)
    target_count: int | None = about("Successful prints that complete it.", default=None)
    settings: Json | None = about(
        "A JSON object of at most 16 KiB. Without it that of the template, else empty.",
        default=None,
    )
    visibility: Visibility | None = about(
        "Whom it is meant for. Without it as the template, else PRIVATE.", default=None
    )
    template_id: strawberry.ID | None = about(
        "A project whose archives (each file once, ready to print), settings and visibility "
        "the new one begins with.",
        default=None,
    )


@strawberry.type(description="The new project.")
class CreateProjectPayload:
    project: Project | None = about("The project.", default=None)
    user_errors: list[UserError] = about("Why nothing was made.", default_factory=list)


@strawberry.input(description="What to change; what is left out stays as it is.")
class UpdateProjectInput:
    id: strawberry.ID = about("Global id of the project.")
    name: strawberry.Maybe[str] = about("Name.")
    description: strawberry.Maybe[str | None] = about("What it is about.")
    color: strawberry.Maybe[str | None] = about("Colour, `#rrggbb`.")
    status: strawberry.Maybe[ProjectStatus] = about("How it stands.")
    target_count: strawberry.Maybe[int | None] = about("Successful prints that complete it.")
    settings: strawberry.Maybe[Json] = about("A JSON object of at most 16 KiB; replaces the old.")
    visibility: strawberry.Maybe[Visibility] = about("Whom it is meant for.")


@strawberry.type(description="The changed project.")
class UpdateProjectPayload:
    project: Project | None = about("The project as it is now.", default=None)
    user_errors: list[UserError] = about("Why nothing was changed.", default_factory=list)


@strawberry.input(description="The project to delete.")
class DeleteProjectInput:
    id: strawberry.ID = about("Global id of the project.")


@strawberry.type(description="The deleted project. Its archives stay in the history.")
class DeleteProjectPayload:
    deleted_id: strawberry.ID | None = about("Global id of what is gone.", default=None)
    user_errors: list[UserError] = about("Why nothing was deleted.", default_factory=list)


@strawberry.type
class ProjectMutations:
    @strawberry.mutation(description="Make a project. Needs the scope PROJECTS.")
    async def create_project(self, info: Info, input: CreateProjectInput) -> CreateProjectPayload:
        template_id = None
        if input.template_id is not None:
            template_id = integer_id(input.template_id, "Project")
            if template_id is None:
                return CreateProjectPayload(user_errors=missing("project", "template_id"))
        new = service.NewProject(
            input.name,
            input.description,
            input.color,
            input.target_count,
            input.settings,
            input.visibility,
        )
        return await mutate(
            info,
            CreateProjectPayload,
            lambda session, viewer: create_from(session, viewer, new, template_id),
            lambda row: {"project": Project.of(row)},
        )

    @strawberry.mutation(description="Change a project. Needs the scope PROJECTS.")
    async def update_project(self, info: Info, input: UpdateProjectInput) -> UpdateProjectPayload:
        project_id = integer_id(input.id, "Project")
        if project_id is None:
            return UpdateProjectPayload(user_errors=missing("project"))
        changes = service.ProjectChanges(
            name=given(input.name),
            description=given(input.description),
            color=given(input.color),
            status=given(input.status),
            target_count=given(input.target_count),
            settings=given(input.settings),
            visibility=given(input.visibility),
        )
        return await mutate(
            info,
            UpdateProjectPayload,
            lambda session, viewer: service.update_project(session, viewer, project_id, changes),
            lambda row: {"project": Project.of(row)},
        )

    @strawberry.mutation(description="Delete a project. Needs the scope PROJECTS.")
    async def delete_project(self, info: Info, input: DeleteProjectInput) -> DeleteProjectPayload:
        project_id = integer_id(input.id, "Project")
        if project_id is None:
            return DeleteProjectPayload(user_errors=missing("project"))
        context = info.context
        return await mutate(
            info,
            DeleteProjectPayload,
            lambda session, viewer: data_files.delete_project(session, viewer, project_id),
            lambda deleted: {"deleted_id": global_id("Project", deleted)},
            lambda: detaching.from_project(context.step, context.viewer, project_id),
        )
