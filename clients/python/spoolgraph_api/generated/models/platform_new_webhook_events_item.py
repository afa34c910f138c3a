from enum import Enum


class PlatformNewWebhookEventsItem(str, Enum):
    DEPLOYMENT_COMPLETED = "deployment.completed"
    DEPLOYMENT_FAILED = "deployment.failed"
    DEPLOYMENT_STARTED = "deployment.started"
    PROJECT_CREATED = "project.created"
    PROJECT_UPDATED = "project.updated"
    TEAM_MEMBER_ADDED = "team.member_added"

    def __str__(self) -> str:
        return str(self.value)
