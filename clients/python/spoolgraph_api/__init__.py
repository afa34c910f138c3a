"""Client of Spoolgraph's Platform API."""

from spoolgraph_api.facade import ApiError, Page, SpoolgraphClient

# The name that programs written for the API this one replaces know.
YourAppClient = SpoolgraphClient

__all__ = ["ApiError", "Page", "SpoolgraphClient", "YourAppClient"]
