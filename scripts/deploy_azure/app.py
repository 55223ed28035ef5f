"""Deploy or roll back one app."""

from collections.abc import Callable, Sequence
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import httpx2

from api.cli.errors import Failure
from scripts.bundle import BUILD
from scripts.deploy_azure import smoke
from scripts.deploy_azure.kept import Kept, Package
from scripts.deploy_azure.scm import Scm
from scripts.deploy_azure.targets import Target
from scripts.deploy_azure.timing import Timing

_SHORT = 12  # characters of a build that are printed
_MEGABYTE = 1_000_000


def build_of(path: Path) -> str:
    """Return the hash that identifies a bundle. Raises Failure if the file isn't a bundle."""
    try:
        with ZipFile(path) as archive:
            return archive.read(BUILD).decode()
    except (BadZipFile, KeyError):
        raise Failure(f"{path} is not a complete bundle. Run `make bundle`.") from None


def _contents(path: Path) -> bytes:
    return path.read_bytes()


class App:
    """One app. `anonymous` sends requests without a token."""

    def __init__(
        self,
        target: Target,
        scm: Scm,
        kept: Kept,
        anonymous: httpx2.AsyncClient,
        timing: Timing,
        say: Callable[[str], None],
    ) -> None:
        self.target = target
        self.kept = kept
        self._scm = scm
        self._anonymous = anonymous
        self._timing = timing
        self._say = say

    async def deploy(self, path: Path, release: str, packages: Sequence[Package]) -> bool:
        """Make the app run this bundle, and return whether the app's newest package has changed.

        `packages` are the packages that `Kept` stores for this app, newest first.
        If the smoke test fails, restore the package that ran before, and raise Failure.
        """
        build = build_of(path)
        running = await smoke.running_build(self._anonymous, self.target)
        if running == build:
            is_kept = build in {package.build for package in packages}
            if not is_kept:
                await self.kept.keep(build, release, _contents(path))
            self._say("unchanged")
            return not is_kept
        package = _contents(path)
        self._say(f"uploading {build[:_SHORT]} ({len(package) / _MEGABYTE:.1f} MB)")
        await self._scm.deploy(package)
        try:
            await smoke.check(self._anonymous, self.target, build, self._timing)
        except Failure as failure:
            outcome = await self._restore(packages, running, build)
            raise Failure(f"{failure.message} {outcome}") from failure
        await self.kept.keep(build, release, package)
        self._say("deployed")
        return True

    async def roll_back(self, packages: Sequence[Package]) -> None:
        """Make the app run the second of these packages, and delete the faulty first one."""
        faulty, *others = packages
        if not others:
            self._say("unchanged, because no earlier package is kept")
            return
        earlier = others[0].build
        if await smoke.running_build(self._anonymous, self.target) != earlier:
            await self._deploy_kept(earlier)
        await self.kept.delete(faulty.build)
        self._say("rolled back")

    async def _restore(self, packages: Sequence[Package], running: str, failed: str) -> str:
        """Return to the package that ran before. Return a sentence about the outcome."""
        builds = [package.build for package in packages if package.build != failed]
        if not builds:
            return "There is no earlier package to roll back to."
        earlier = running if running in builds else builds[0]
        try:
            await self._deploy_kept(earlier)
        except Failure as failure:
            return f"The roll-back failed too: {failure.message}"
        return f"The app runs its earlier package {earlier[:_SHORT]} again."

    async def _deploy_kept(self, build: str) -> None:
        package = await self.kept.read(build)
        self._say(f"uploading the earlier {build[:_SHORT]} ({len(package) / _MEGABYTE:.1f} MB)")
        await self._scm.deploy(package)
        await smoke.check(self._anonymous, self.target, build, self._timing)
