from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.platform_create_webhook_body import PlatformCreateWebhookBody
from ...models.platform_error import PlatformError
from ...models.platform_new_webhook_answer import PlatformNewWebhookAnswer
from ...types import Response


def _get_kwargs(
    *,
    body: PlatformCreateWebhookBody,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/platform/v1/webhooks",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> PlatformError | PlatformNewWebhookAnswer | None:
    if response.status_code == 201:
        response_201 = PlatformNewWebhookAnswer.from_dict(response.json())

        return response_201

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

    if response.status_code == 413:
        response_413 = PlatformError.from_dict(response.json())

        return response_413

    if response.status_code == 415:
        response_415 = PlatformError.from_dict(response.json())

        return response_415

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
) -> Response[PlatformError | PlatformNewWebhookAnswer]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: PlatformCreateWebhookBody,
) -> Response[PlatformError | PlatformNewWebhookAnswer]:
    """Create a webhook

     Needs the scope `admin`.

    Args:
        body (PlatformCreateWebhookBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PlatformError | PlatformNewWebhookAnswer]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    body: PlatformCreateWebhookBody,
) -> PlatformError | PlatformNewWebhookAnswer | None:
    """Create a webhook

     Needs the scope `admin`.

    Args:
        body (PlatformCreateWebhookBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PlatformError | PlatformNewWebhookAnswer
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: PlatformCreateWebhookBody,
) -> Response[PlatformError | PlatformNewWebhookAnswer]:
    """Create a webhook

     Needs the scope `admin`.

    Args:
        body (PlatformCreateWebhookBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PlatformError | PlatformNewWebhookAnswer]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: PlatformCreateWebhookBody,
) -> PlatformError | PlatformNewWebhookAnswer | None:
    """Create a webhook

     Needs the scope `admin`.

    Args:
        body (PlatformCreateWebhookBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PlatformError | PlatformNewWebhookAnswer
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
