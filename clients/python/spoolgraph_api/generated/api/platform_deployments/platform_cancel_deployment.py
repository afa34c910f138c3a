from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.platform_deployment_answer import PlatformDeploymentAnswer
from ...models.platform_error import PlatformError
from ...types import Response


def _get_kwargs(
    id: str,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/platform/v1/deployments/{id}/cancel".format(
            id=quote(str(id), safe=""),
        ),
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> PlatformDeploymentAnswer | PlatformError | None:
    if response.status_code == 200:
        response_200 = PlatformDeploymentAnswer.from_dict(response.json())

        return response_200

    if response.status_code == 401:
        response_401 = PlatformError.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = PlatformError.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = PlatformError.from_dict(response.json())

        return response_404

    if response.status_code == 409:
        response_409 = PlatformError.from_dict(response.json())

        return response_409

    if response.status_code == 422:
        response_422 = PlatformError.from_dict(response.json())

        return response_422

    if response.status_code == 429:
        response_429 = PlatformError.from_dict(response.json())

        return response_429

    if response.status_code == 503:
        response_503 = PlatformError.from_dict(response.json())

        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[PlatformDeploymentAnswer | PlatformError]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    id: str,
    *,
    client: AuthenticatedClient,
) -> Response[PlatformDeploymentAnswer | PlatformError]:
    """Cancel a deployment: what waits is taken back, what is printed is stopped

     Needs the scope `inventory`.

    Args:
        id (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PlatformDeploymentAnswer | PlatformError]
    """

    kwargs = _get_kwargs(
        id=id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    id: str,
    *,
    client: AuthenticatedClient,
) -> PlatformDeploymentAnswer | PlatformError | None:
    """Cancel a deployment: what waits is taken back, what is printed is stopped

     Needs the scope `inventory`.

    Args:
        id (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PlatformDeploymentAnswer | PlatformError
    """

    return sync_detailed(
        id=id,
        client=client,
    ).parsed


async def asyncio_detailed(
    id: str,
    *,
    client: AuthenticatedClient,
) -> Response[PlatformDeploymentAnswer | PlatformError]:
    """Cancel a deployment: what waits is taken back, what is printed is stopped

     Needs the scope `inventory`.

    Args:
        id (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PlatformDeploymentAnswer | PlatformError]
    """

    kwargs = _get_kwargs(
        id=id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    id: str,
    *,
    client: AuthenticatedClient,
) -> PlatformDeploymentAnswer | PlatformError | None:
    """Cancel a deployment: what waits is taken back, what is printed is stopped

     Needs the scope `inventory`.

    Args:
        id (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PlatformDeploymentAnswer | PlatformError
    """

    return (
        await asyncio_detailed(
            id=id,
            client=client,
        )
    ).parsed
