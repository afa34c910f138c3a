"""Contains all the data models used in inputs/outputs"""

from .platform_add_team_member_body import PlatformAddTeamMemberBody
from .platform_add_team_member_body_role import PlatformAddTeamMemberBodyRole
from .platform_create_deployment_body import PlatformCreateDeploymentBody
from .platform_create_project_body import PlatformCreateProjectBody
from .platform_create_project_body_settings import PlatformCreateProjectBodySettings
from .platform_create_project_body_visibility import PlatformCreateProjectBodyVisibility
from .platform_create_team_body import PlatformCreateTeamBody
from .platform_create_webhook_body import PlatformCreateWebhookBody
from .platform_create_webhook_body_events_type_0_item import (
    PlatformCreateWebhookBodyEventsType0Item,
)
from .platform_deployment import PlatformDeployment
from .platform_deployment_answer import PlatformDeploymentAnswer
from .platform_deployment_page import PlatformDeploymentPage
from .platform_deployment_status import PlatformDeploymentStatus
from .platform_deployments import PlatformDeployments
from .platform_error import PlatformError
from .platform_error_body import PlatformErrorBody
from .platform_field_error import PlatformFieldError
from .platform_health import PlatformHealth
from .platform_latest_deployment import PlatformLatestDeployment
from .platform_latest_deployment_status import PlatformLatestDeploymentStatus
from .platform_list_projects_status import PlatformListProjectsStatus
from .platform_member import PlatformMember
from .platform_member_answer import PlatformMemberAnswer
from .platform_member_page import PlatformMemberPage
from .platform_member_role import PlatformMemberRole
from .platform_member_status import PlatformMemberStatus
from .platform_new_webhook import PlatformNewWebhook
from .platform_new_webhook_answer import PlatformNewWebhookAnswer
from .platform_new_webhook_events_item import PlatformNewWebhookEventsItem
from .platform_pagination import PlatformPagination
from .platform_project import PlatformProject
from .platform_project_answer import PlatformProjectAnswer
from .platform_project_page import PlatformProjectPage
from .platform_project_settings import PlatformProjectSettings
from .platform_project_status import PlatformProjectStatus
from .platform_project_visibility import PlatformProjectVisibility
from .platform_team import PlatformTeam
from .platform_team_answer import PlatformTeamAnswer
from .platform_team_page import PlatformTeamPage
from .platform_team_ref import PlatformTeamRef
from .platform_update_project_body import PlatformUpdateProjectBody
from .platform_update_project_body_settings import PlatformUpdateProjectBodySettings
from .platform_update_project_body_status import PlatformUpdateProjectBodyStatus
from .platform_update_project_body_visibility import PlatformUpdateProjectBodyVisibility
from .platform_update_webhook_body import PlatformUpdateWebhookBody
from .platform_update_webhook_body_events_item import PlatformUpdateWebhookBodyEventsItem
from .platform_webhook import PlatformWebhook
from .platform_webhook_answer import PlatformWebhookAnswer
from .platform_webhook_events_item import PlatformWebhookEventsItem
from .platform_webhook_page import PlatformWebhookPage

__all__ = (
    "PlatformAddTeamMemberBody",
    "PlatformAddTeamMemberBodyRole",
    "PlatformCreateDeploymentBody",
    "PlatformCreateProjectBody",
    "PlatformCreateProjectBodySettings",
    "PlatformCreateProjectBodyVisibility",
    "PlatformCreateTeamBody",
    "PlatformCreateWebhookBody",
    "PlatformCreateWebhookBodyEventsType0Item",
    "PlatformDeployment",
    "PlatformDeploymentAnswer",
    "PlatformDeploymentPage",
    "PlatformDeploymentStatus",
    "PlatformDeployments",
    "PlatformError",
    "PlatformErrorBody",
    "PlatformFieldError",
    "PlatformHealth",
    "PlatformLatestDeployment",
    "PlatformLatestDeploymentStatus",
    "PlatformListProjectsStatus",
    "PlatformMember",
    "PlatformMemberAnswer",
    "PlatformMemberPage",
    "PlatformMemberRole",
    "PlatformMemberStatus",
    "PlatformNewWebhook",
    "PlatformNewWebhookAnswer",
    "PlatformNewWebhookEventsItem",
    "PlatformPagination",
    "PlatformProject",
    "PlatformProjectAnswer",
    "PlatformProjectPage",
    "PlatformProjectSettings",
    "PlatformProjectStatus",
    "PlatformProjectVisibility",
    "PlatformTeam",
    "PlatformTeamAnswer",
    "PlatformTeamPage",
    "PlatformTeamRef",
    "PlatformUpdateProjectBody",
    "PlatformUpdateProjectBodySettings",
    "PlatformUpdateProjectBodyStatus",
    "PlatformUpdateProjectBodyVisibility",
    "PlatformUpdateWebhookBody",
    "PlatformUpdateWebhookBodyEventsItem",
    "PlatformWebhook",
    "PlatformWebhookAnswer",
    "PlatformWebhookEventsItem",
    "PlatformWebhookPage",
)
