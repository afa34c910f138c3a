from enum import Enum


class PlatformAddTeamMemberBodyRole(str, Enum):
    ADMIN = "admin"
    OPERATOR = "operator"
    OWNER = "owner"
    VIEWER = "viewer"

    def __str__(self) -> str:
        return str(self.value)
