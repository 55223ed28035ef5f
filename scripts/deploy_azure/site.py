"""Requests to one of an app's sites, with retries, and advice for their errors."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import ClassVar

import httpx2

from api.cli.errors import Failure
from api.cli.retry import Sender
from scripts.deploy_azure.targets import Target
from scripts.deploy_azure.timing import Timing


class Site(ABC):
    """One of an app's sites. `say` prints progress."""

    _headers: ClassVar[Mapping[str, str]] = {}  # of every request

    def __init__(
        self,
        target: Target,
        http: httpx2.AsyncClient,
        timing: Timing,
        say: Callable[[str], None],
    ) -> None:
        self._target = target
        self._timing = timing
        self._say = say
        self._http = http
        self._sender = Sender(http, timing.retry, say)

    @abstractmethod
    def _advice(self) -> Mapping[int, str]:
        """Return advice for an error response, based on its status."""

    async def _send(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> httpx2.Response:
        request = self._http.build_request(
            method,
            url,
            params=params,
            headers={**self._headers, **(headers or {})},
            content=content,
        )
        return await self._sender.send(request)

    def _checked(self, response: httpx2.Response) -> httpx2.Response:
        """Return the response if it is a success. Otherwise raises Failure with advice."""
        if response.is_success:
            return response
        advice = self._advice().get(response.status_code, response.text.strip()[:500])
        status = f"{response.status_code} {response.reason_phrase}"
        url = response.request.url.copy_with(query=None)
        raise Failure(f"{url} responded {status}. {advice}")
