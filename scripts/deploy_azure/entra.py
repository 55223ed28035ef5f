"""Entra ID tokens for requests."""

import asyncio
from collections.abc import AsyncGenerator
from time import time
from typing import override

import httpx2
from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import ClientAuthenticationError

from api.cli.errors import Failure

# The Azure Developer CLI sends tokens with this audience to the SCM site too
# (Azure/azure-dev, cli/azd/pkg/azsdk/funcapp_host_client.go).
SCM_SCOPE = "https://management.azure.com/.default"
STORAGE_SCOPE = "https://storage.azure.com/.default"


_RENEWED_SECONDS = 300  # before a token expires


class EntraAuth(httpx2.Auth):
    """Adds an Entra ID token to each request.

    The token is cached, because the Azure CLI's credential starts `az` for each token.
    """

    def __init__(self, credential: AsyncTokenCredential, scope: str) -> None:
        self._credential = credential
        self._scope = scope
        self._token: AccessToken | None = None
        self._lock = asyncio.Lock()

    @override
    async def async_auth_flow(
        self, request: httpx2.Request
    ) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        async with self._lock:
            if self._token is None or self._token.expires_on < time() + _RENEWED_SECONDS:
                self._token = await self._new_token()
            request.headers["Authorization"] = f"Bearer {self._token.token}"
        yield request

    async def _new_token(self) -> AccessToken:
        try:
            return await self._credential.get_token(self._scope)
        except ClientAuthenticationError as error:  # also raised if no credential is available
            first = str(error).partition("\n")[0]
            raise Failure(
                "You are not signed in to Azure. Run `az login`, or give the pipeline a federated "
                f"credential. {first}"
            ) from error
