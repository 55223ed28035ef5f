"""The smoke test: the app reports the expected build, and routes that need no token respond."""

import asyncio
from time import monotonic

import httpx2

from api.cli.errors import Failure
from scripts.deploy_azure.targets import FROM_THE_NETWORK, Target
from scripts.deploy_azure.timing import Timing


async def running_build(http: httpx2.AsyncClient, target: Target) -> str:
    """Return the build that the app reports, or "" if it reports none."""
    return (await _look(http, target))[0]


async def check(http: httpx2.AsyncClient, target: Target, build: str, timing: Timing) -> None:
    """Wait until the app responds with this build, and its open routes respond at the gateway.

    Raises Failure with the last response if this takes too long.
    """
    give_up_at = monotonic() + timing.smoke
    found, reason = await _look(http, target)
    while found != build:
        await _pause(give_up_at, timing, f"{target.url}/build: {reason}")
        found, reason = await _look(http, target)
    for url in target.gateway_urls:
        while reason := await _fault(http, url):
            await _pause(give_up_at, timing, f"{url}: {reason}")


async def _pause(give_up_at: float, timing: Timing, reason: str) -> None:
    if monotonic() + timing.smoke_retry > give_up_at:
        raise Failure(f"The smoke test failed. {reason}.")
    await asyncio.sleep(timing.smoke_retry)


async def _look(http: httpx2.AsyncClient, target: Target) -> tuple[str, str]:
    """Return the build that the app reports, and a message in case it isn't the expected one."""
    try:
        response = await http.get(f"{target.url}/build")
        build = str(response.json()["build"]) if response.is_success else ""
    except httpx2.TransportError as error:
        return "", f"the app can't be reached ({type(error).__name__})"
    except (ValueError, KeyError, TypeError):
        return "", "the response doesn't come from one of our functions"
    if build:
        return build, f"the app still runs the build {build[:12]}"
    return "", _reason(response)


def _reason(response: httpx2.Response) -> str:
    advice = {
        401: "the platform's authentication must exclude the path /build; apply Terraform",
        403: f"the app accepts no request from this network; {FROM_THE_NETWORK}",
        404: "the host has found no functions in the package; see the app's log for the error at "
        "import",
        500: "the app fails to start; see its log (a missing setting, permission or network route)",
    }.get(response.status_code, "the host is unavailable")
    return f"{response.status_code} {response.reason_phrase}; {advice}"


async def _fault(http: httpx2.AsyncClient, url: str) -> str:
    try:
        response = await http.get(url)
    except httpx2.TransportError as error:
        return f"the gateway can't be reached ({type(error).__name__})"
    if response.is_success:
        return ""
    return f"the gateway responded {response.status_code} {response.reason_phrase}"
