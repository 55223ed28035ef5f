"""An HTTP client for the API that adds access tokens and retries requests."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from time import monotonic
from typing import Any, cast

import httpx2
import orjson

from api.cli.errors import Permanent
from api.cli.keys import Keys
from api.cli.retry import PATIENCE_SECONDS, RetryPolicy, Sender

REQUEST_SECONDS_MAX = 30.0  # longer than the server's deadline of 20 s
REFRESH_SECONDS_AHEAD = 60.0


@dataclass(frozen=True, slots=True)
class Token:
    access_token: str
    refresh_at: float  # monotonic seconds


class Client:
    """An HTTP client of the API at one URL.

    Each request is for one organisation, by default the organisation of the API key.
    """

    def __init__(
        self,
        http: httpx2.AsyncClient,
        sender: Sender,
        keys: Keys,
        token_limits: Mapping[str, str],
    ) -> None:
        self._http = http
        self._sender = sender
        self._keys = keys
        self._token_limits = token_limits
        self._tokens: dict[str | None, Token] = {}
        self._locks: defaultdict[str | None, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def request(
        self,
        method: str,
        path: str,
        *,
        org_id: str | None,
        headers: dict[str, str] | None = None,
        **options: Any,  # noqa: ANN401
    ) -> httpx2.Response:
        """Return the response to a request with an access token.

        If the API rejects the token, get a new token and repeat the request once.
        """
        token = await self.access_token(org_id)
        response = await self._authorised(token, method, path, headers, options)
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            token = await self.access_token(org_id, refused=token)
            response = await self._authorised(token, method, path, headers, options)
        return response

    async def access_token(self, org_id: str | None, *, refused: str | None = None) -> str:
        """Return an access token that is valid for at least a minute.

        If the current token is `refused`, a token that the API has rejected, request a new one.
        """
        async with self._locks[org_id]:
            token = self._tokens.get(org_id)
            if not token or token.access_token == refused or token.refresh_at <= monotonic():
                token = self._tokens[org_id] = await self._issue_token(org_id)
            return token.access_token

    async def _issue_token(self, org_id: str | None) -> Token:
        api_key = self._keys.find(org_id)
        asked_at = monotonic()
        response = await self._sender.send(
            self._http.build_request(
                "POST", "/api/v1/auth/token", json={"api_key": api_key, **self._token_limits}
            )
        )
        if response.status_code != HTTPStatus.OK:
            raise Permanent(self._why_no_token(org_id, response))
        token = read_object(response)
        lifetime = float(token["expires_in"])
        ahead = min(REFRESH_SECONDS_AHEAD, lifetime / 2)
        return Token(str(token["access_token"]), asked_at + lifetime - ahead)

    def _why_no_token(self, org_id: str | None, response: httpx2.Response) -> str:
        if (
            response.status_code == HTTPStatus.UNAUTHORIZED
            and org_id
            and self._keys.is_local(org_id)
        ):
            return (
                f"The API doesn't accept the local key of {org_id}. "
                "Check the organisation's id, or pass an API key with --key."
            )
        whose = f" for {org_id}" if org_id else ""
        return f"The API issued no token for the API key{whose}: {explain(response)}"

    async def _authorised(
        self,
        token: str,
        method: str,
        path: str,
        headers: dict[str, str] | None,
        options: dict[str, Any],
    ) -> httpx2.Response:
        headers = {**(headers or {}), "Authorization": f"Bearer {token}"}
        return await self._sender.send(
            self._http.build_request(method, path, headers=headers, **options)
        )


@asynccontextmanager
async def open_client(
    url: str,
    keys: Keys,
    *,
    patience_seconds: float = PATIENCE_SECONDS,
    on_wait: Callable[[str], None] = lambda _: None,
    token_limits: Mapping[str, str] | None = None,
) -> AsyncGenerator[Client]:
    """Open a client of the API at `url`.

    `token_limits` are fields of the token request that restrict what the token permits.
    """
    async with httpx2.AsyncClient(base_url=url, timeout=REQUEST_SECONDS_MAX) as http:
        sender = Sender(http, RetryPolicy(patience_seconds), on_wait)
        yield Client(http, sender, keys, token_limits or {})


def read_object(response: httpx2.Response) -> dict[str, Any]:
    """Return the JSON object in a response's body.

    Raises Permanent if the body isn't a JSON object.
    """
    try:
        value = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise Permanent(f"The response of {response.url} isn't from this API. Check --url.")
    return cast("dict[str, Any]", value)


def explain(response: httpx2.Response) -> str:
    """Return the message of a problem document, or the HTTP status for any other body.

    If the problem document lists invalid fields, they are the message.
    """
    problem = _read_problem(response)
    if faults := [f"{each['pointer']} {each['detail']}" for each in problem.get("errors") or ()]:
        return "; ".join(faults)
    status = f"{response.status_code} {response.reason_phrase}"
    return str(problem.get("detail") or problem.get("title") or status)


def code_of(response: httpx2.Response) -> str:
    """Return the error code of a problem document, or "" for any other body."""
    return str(_read_problem(response).get("code", ""))


def _read_problem(response: httpx2.Response) -> dict[str, Any]:
    is_json = "json" in response.headers.get("Content-Type", "")
    return read_object(response) if is_json else {}
