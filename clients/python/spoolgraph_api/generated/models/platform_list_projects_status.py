from enum import StrEnum


class PlatformListProjectsStatus(StrEnum):
    ACTIVE = "active"
    ARCHIVED = "archived"
    COMPLETED = "completed"

    def __str__(self) -> str:
        return str(self.value)
