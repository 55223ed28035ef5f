"""`make deploy-azure ENV=dev`: deploy the functions' bundles, or roll them back.

Apps that already run their bundle are skipped, so an interrupted deployment is completed by running
the command again. docs/deployment.md explains the order of the functions.
"""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from ssl import create_default_context
from time import monotonic, time

import httpx2
from azure.core.credentials_async import AsyncTokenCredential
from azure.identity.aio import DefaultAzureCredential

from api.cli.errors import FAILED, INTERRUPTED, Failure
from scripts.bundle import ROOT
from scripts.deploy_azure.app import App, build_of
from scripts.deploy_azure.entra import SCM_SCOPE, STORAGE_SCOPE, EntraAuth
from scripts.deploy_azure.kept import Kept, Package
from scripts.deploy_azure.scm import Scm, hint
from scripts.deploy_azure.targets import Target, bundle_path, read_targets, stages
from scripts.deploy_azure.timing import Timing

AT_ONCE = 4
_AFTER_A_FAILURE = (
    "Later stages were not started. Correct the cause, then run the same command again. "
    "`make roll-back CLOUD=azure` returns the apps of the newest release to their earlier packages."
)
_UPLOAD = httpx2.Timeout(30, read=300, write=300)  # 20 MB through a slow network
_RESPONSE = httpx2.Timeout(60)  # an app that was scaled to zero starts first


def main(
    arguments: Sequence[str] | None = None,
    *,
    credential: Callable[[], AsyncTokenCredential] = DefaultAzureCredential,
    timing: Timing | None = None,
) -> int:
    """Deploy, and return the exit code."""
    parser = argparse.ArgumentParser(prog="make deploy-azure", description=__doc__)
    parser.add_argument("environment", choices=["dev", "staging", "prod"])
    parser.add_argument("functions", nargs="*", help="by default all")
    parser.add_argument("--roll-back", action="store_true", help="return to the earlier packages")
    parser.add_argument("--release", help="roll back only if this is the newest release")
    parser.add_argument("--output", type=Path, help="append `release=…` here if an app changed")
    parser.add_argument("--bundles", type=Path, default=ROOT / "build/azure")
    options = parser.parse_intermixed_args(arguments)
    try:
        targets = read_targets(options.environment, options.functions)
        fleet = _Fleet(credential, timing or Timing())
        if options.roll_back:
            asyncio.run(fleet.roll_back(targets, options.release))
        else:
            release = asyncio.run(fleet.deploy(targets, options.bundles))
            if release and options.output:
                with options.output.open("a") as file:
                    file.write(f"release={release}\n")
    except Failure as failure:
        print(failure.message, file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("Interrupted. Run the same command again to complete it.", file=sys.stderr)
        return INTERRUPTED
    return 0


class _Fleet:
    """The apps of an environment."""

    def __init__(self, credential: Callable[[], AsyncTokenCredential], timing: Timing) -> None:
        self._credential = credential
        self._timing = replace(timing, retry=replace(timing.retry, hint=hint))
        self._started = monotonic()

    async def deploy(self, targets: Sequence[Target], folder: Path) -> str:
        """Deploy stage by stage, and return the release, or "" if no app changed.

        A stage starts only if all apps of the one before succeeded.
        """
        paths = {target.function: bundle_path(folder, target) for target in targets}
        bundles = _hash(folder)
        async with AsyncExitStack() as stack:
            apps = await self._open(stack, targets)
            # Reading the kept packages before any change also checks that a roll-back will be
            # possible.
            kept = await _kept(apps)
            release = _release(bundles, kept.values())
            print(f"release {release}", flush=True)
            changed: set[str] = set()

            async def deploy(app: App) -> None:
                function = app.target.function
                if await app.deploy(paths[function], release, kept[function]):
                    changed.add(function)

            for stage in stages(targets):
                await self._all([apps[one.function] for one in stage], deploy)
            return release if changed else ""

    async def roll_back(self, targets: Sequence[Target], expected: str | None = None) -> None:
        """Deploy the earlier package of each app that the newest release changed.

        The newest release must be the expected one, if it is given. The stages are those of a
        deployment in the opposite order.
        """
        async with AsyncExitStack() as stack:
            apps = await self._open(stack, targets)
            kept = await _kept(apps)
            # An app with only one package keeps it, so it can't determine what to roll back.
            release = _newest_release(own for own in kept.values() if len(own) > 1)
            if not release:
                raise Failure("No app has an earlier package, so there is nothing to roll back to.")
            if expected not in (None, release):
                raise Failure(
                    f"The newest release with earlier packages is {release}, not {expected!r}, "
                    "so nothing was rolled back."
                )
            changed = {name for name, own in kept.items() if own and own[0].release == release}
            for stage in reversed(stages([one for one in targets if one.function in changed])):
                await self._all(
                    [apps[one.function] for one in stage],
                    lambda app: app.roll_back(kept[app.target.function]),
                )

    async def _open(self, stack: AsyncExitStack, targets: Sequence[Target]) -> dict[str, App]:
        credential = await stack.enter_async_context(self._credential())
        tls = create_default_context()  # once, because it reads all certificate authorities
        scm, storage, anonymous = [
            await stack.enter_async_context(
                httpx2.AsyncClient(auth=auth, timeout=timeout, verify=tls)
            )
            for auth, timeout in (
                (EntraAuth(credential, SCM_SCOPE), _UPLOAD),
                (EntraAuth(credential, STORAGE_SCOPE), _UPLOAD),
                (None, _RESPONSE),
            )
        ]
        apps: dict[str, App] = {}
        for target in targets:
            say = self._printer(target)
            apps[target.function] = App(
                target,
                Scm(target, scm, self._timing, say),
                Kept(target, storage, self._timing, say),
                anonymous,
                self._timing,
                say,
            )
        return apps

    def _printer(self, target: Target) -> Callable[[str], None]:
        def say(text: str) -> None:
            seconds = monotonic() - self._started
            print(f"{seconds:6.1f} s  {target.function:22} {text}", flush=True)

        return say

    async def _all(self, apps: Sequence[App], act: Callable[[App], Awaitable[None]]) -> None:
        """Act on all apps, a few at once. Raises Failure after all have ended if any failed."""
        permits = asyncio.Semaphore(AT_ONCE)

        async def one(app: App) -> str:
            async with permits:
                try:
                    await act(app)
                except Failure as failure:
                    self._printer(app.target)("FAILED")
                    return f"{app.target.function}: {failure.message}"
                return ""

        failures = [text for text in await asyncio.gather(*map(one, apps)) if text]
        if failures:
            raise Failure("\n".join([*failures, _AFTER_A_FAILURE]))


async def _kept(apps: Mapping[str, App]) -> dict[str, list[Package]]:
    packages = await asyncio.gather(*(app.kept.packages() for app in apps.values()))
    return dict(zip(apps, packages, strict=True))


def _newest_release(kept: Iterable[Sequence[Package]]) -> str:
    """Return the release of the package that was deployed last, or "" if none is kept."""
    packages = [own[0] for own in kept if own]
    newest = max(packages, key=lambda package: package.kept_at, default=None)
    return newest.release if newest else ""


def _release(bundles: str, kept: Iterable[Sequence[Package]]) -> str:
    """Return a new release, or the newest one if it has the same bundles.

    A repeated deployment thus continues its release, but a deployment of older bundles starts a new
    release.
    """
    newest = _newest_release(kept)
    return newest if newest.startswith(f"{bundles}@") else f"{bundles}@{time():.6f}"


def _hash(folder: Path) -> str:
    builds = [build_of(path) for path in sorted(folder.glob("*.zip"))]
    return sha256("\n".join(builds).encode()).hexdigest()[:12]


if __name__ == "__main__":
    sys.exit(main())
