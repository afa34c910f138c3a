from enum import Enum


class PlatformMemberStatus(str, Enum):
    ACTIVE = "active"
    INVITED = "invited"

    def __str__(self) -> str:
        return str(self.value)
