"""Resolve the installed packages that a function needs, and link their files."""

import os
from collections.abc import Collection, Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_OF_THIS_MACHINE = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"}
# FastAPI imports its support for pydantic.v1 models only if pydantic.v1 is installed. Bundles omit
# pydantic.v1, which saves 27 modules in every function. Bundles also omit the tests of packages.
_NEVER_IMPORTED = ("bin/", "api/cli/", "pydantic/v1/")


class Packages:
    """The packages that are installed and compiled in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._distributions: dict[str, Distribution] = {
            canonicalize_name(found.name): found for found in distributions(path=[str(folder)])
        }

    def needed(self, name: str, extras: Collection[str] = ()) -> set[str]:
        """Return the names of a distribution with these extras and of all its dependencies."""
        seen = set[tuple[str, frozenset[str]]]()
        pending = [(name, frozenset(extras))]
        while pending:
            wanted = pending.pop()
            if wanted not in seen:
                seen.add(wanted)
                pending += self._requirements(*wanted)
        return {package for package, _ in seen}

    def _requirements(
        self, name: str, extras: Collection[str]
    ) -> Iterator[tuple[str, frozenset[str]]]:
        for line in self._distributions[name].requires or ():
            requirement = Requirement(line)
            marker = requirement.marker
            environments = [{"extra": extra} for extra in ("", *extras)]
            if marker is None or any(marker.evaluate(one) for one in environments):
                yield canonicalize_name(requirement.name), frozenset(requirement.extras)

    def link(self, names: Collection[str], target: Path) -> int:
        """Hard-link the files of these distributions into a folder, and return their total size."""
        size = 0
        for name in sorted(names):
            for file in self._files(self._distributions[name]):
                link = target / file
                link.parent.mkdir(parents=True, exist_ok=True)
                os.link(self._folder / file, link)
                size += link.stat().st_size
        return size

    def _files(self, distribution: Distribution) -> Iterator[Path]:
        """Return the files of a package and the files' bytecode."""
        for file in map(Path, distribution.files or ()):
            if file.name in _OF_THIS_MACHINE or "tests" in file.parts:
                continue
            if str(file).startswith((*_NEVER_IMPORTED, "..")):
                continue
            yield file
            bytecode = file.parent / "__pycache__" / f"{file.stem}.cpython-313.pyc"
            if file.suffix == ".py" and (self._folder / bytecode).exists():
                yield bytecode
