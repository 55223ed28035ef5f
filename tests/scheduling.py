"""Which tests share a worker when there are several."""

import pytest
from xdist.scheduler import LoadScopeScheduling

# Folders whose session fixtures are costly: bundles of every function, plans of whole clouds, a
# PostgreSQL server.
WHOLE_FOLDERS = ("tests/functions", "tests/infra", "tests/sql")

# Long though few: begun last, one of them would keep a single worker busy at the end.
BEGUN_FIRST = (*WHOLE_FOLDERS, "tests/crash", "tests/telemetry", "tests/cli", "tests/repo")


def begin_with_the_longest(items: list[pytest.Item]) -> None:
    """Order the tests for workers, which take files in this order (`--no-loadscope-reorder`)."""
    items.sort(key=lambda item: not item.nodeid.startswith(BEGUN_FIRST))


class FileOrFolderScheduling(LoadScopeScheduling):
    """A file's tests share a worker, and with it what its fixtures built; so do some folders'.

    Marks of `xdist_group` would say it test by test, but pytest-xdist 3.8 loses them on pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return next((folder for folder in WHOLE_FOLDERS if path.startswith(folder)), path)
