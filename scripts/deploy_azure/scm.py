"""Upload a package to an app's SCM site ("one deploy"), and wait for the deployment's end."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from time import monotonic
from typing import Any

import httpx2

from api.cli.errors import Failure
from scripts.deploy_azure.site import Site
from scripts.deploy_azure.targets import FROM_THE_NETWORK

CANCELLED, FAILED, SUCCEEDED, CONFLICT, PARTIAL = -1, 3, 4, 5, 6
_STORAGE_ERRORS = ("BlobUploadFailedException", "InaccessibleStorageException")
_LINES_MAX = 8  # of a log in an error message


class _NotAccepted(Exception):
    """The site did not start the deployment, but may start it later."""


class Scm(Site):
    """The SCM site of one app."""

    async def deploy(self, package: bytes) -> None:
        """Replace the app's package. Raises Failure if the site reports a failure.

        If the site forgets the deployment, as it may after a restart, only the smoke test can tell
        whether the deployment succeeded.
        """
        give_up_at = monotonic() + self._timing.accepted
        while True:
            try:
                await self._deploy(package)
            except _NotAccepted as error:
                if monotonic() + self._timing.accepted_retry > give_up_at:
                    raise Failure(str(error)) from None
                self._say(f"retrying in {self._timing.accepted_retry:.0f} s: {error}")
                await asyncio.sleep(self._timing.accepted_retry)
            else:
                return

    async def _deploy(self, package: bytes) -> None:
        response = await self._send(
            "POST",
            f"{self._target.scm_url}/api/publish",
            params={"RemoteBuild": "false", "Deployer": "make deploy-azure"},
            headers={"Content-Type": "application/zip"},
            content=package,
        )
        if not response.is_success and any(error in response.text for error in _STORAGE_ERRORS):
            raise _NotAccepted(self._storage_error(response.text))
        if self._checked(response).status_code == HTTPStatus.ACCEPTED:
            await self._wait(str(response.json()))

    async def _wait(self, deployment: str) -> None:
        started = monotonic()
        known_at = started
        shown = ""
        while monotonic() < started + self._timing.deployment:
            await asyncio.sleep(self._timing.poll)
            state = await self._state(deployment)
            if state is None:
                if monotonic() > known_at + self._timing.unknown:
                    self._say("the SCM site no longer knows the deployment")
                    return
                continue
            known_at = monotonic()
            if await self._is_over(deployment, state):
                return
            progress = str(state.get("progress") or state.get("status_text") or "")
            if progress not in ("", shown):
                self._say(progress)
                shown = progress
        raise Failure(
            f"The deployment of {self._target.name} has not ended after "
            f"{self._timing.deployment:.0f} s. See {self._target.scm_url}/api/deployments/latest."
        )

    async def _state(self, deployment: str) -> dict[str, Any] | None:
        """Return the deployment's state, or None if the site does not know the deployment."""
        response = await self._get(f"/api/deployments/{deployment}")
        if response.status_code == HTTPStatus.NOT_FOUND:
            return None
        return self._checked(response).json()

    async def _is_over(self, deployment: str, state: dict[str, Any]) -> bool:
        """Return whether the deployment succeeded. Raises if it failed."""
        status = state.get("status")
        if status == CONFLICT:
            raise _NotAccepted(
                f"Another deployment of {self._target.name} is running; see "
                f"{self._target.scm_url}/api/deployments/latest."
            )
        if status in (CANCELLED, FAILED, PARTIAL):
            log = f"{state.get('status_text') or ''}\n{await self._log(deployment)}".strip()
            if any(error in log for error in _STORAGE_ERRORS):
                raise _NotAccepted(self._storage_error(log))
            result = {CANCELLED: "was cancelled", PARTIAL: "succeeded only partially"}
            raise Failure(
                f"The deployment of {self._target.name} {result.get(status, 'failed')}: {log}"
            )
        return status == SUCCEEDED

    async def _log(self, deployment: str) -> str:
        response = await self._get(f"/api/deployments/{deployment}/log")
        if not response.is_success:
            return ""
        return "\n".join(str(line["message"]) for line in response.json()[-_LINES_MAX:])

    async def _get(self, path: str) -> httpx2.Response:
        return await self._send("GET", self._target.scm_url + path)

    def _storage_error(self, text: str) -> str:
        return (
            f"{self._target.name} can't write its package to its storage. A new role of the app's "
            "identity takes effect after up to 10 minutes. Otherwise check the role and the "
            f"network of the storage account: {text.strip()[:500]}"
        )

    def _advice(self) -> Mapping[int, str]:
        return {
            401: "The site rejected your token: sign in to the tenant of the subscription with "
            "`az login --tenant …`.",
            403: "Your identity needs the role Website Contributor or Contributor for "
            f"{self._target.name} (a new role takes effect after up to 10 minutes); "
            f"{FROM_THE_NETWORK}.",
            404: "The app doesn't exist: apply Terraform, then deploy again.",
        }


def hint(response: httpx2.Response | None) -> str:
    """Return advice for a request that has failed in several attempts."""
    if response is None:
        return f" The host can't be reached; {FROM_THE_NETWORK}."
    if response.status_code == HTTPStatus.CONFLICT:
        return " Another deployment of the app is running: wait for its end, then deploy again."
    return " Deploy again later; apps that are up to date are skipped."
