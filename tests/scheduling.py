"""Distribution of tests over the workers of pytest-xdist."""

import pytest
from xdist.scheduler import LoadScopeScheduling

# Folders with slow session fixtures: function bundles, Terraform plans, a PostgreSQL server.
WHOLE_FOLDERS = ("tests/functions", "tests/infra", "tests/sql")

# Few but slow tests. If one of them started last, all other workers would wait for it.
SLOW_FOLDERS = (*WHOLE_FOLDERS, "tests/crash", "tests/telemetry", "tests/cli", "tests/repo")


def start_slow_folders_first(items: list[pytest.Item]) -> None:
    """Put slow folders first; workers run files in this order with `--no-loadscope-reorder`."""
    items.sort(key=lambda item: not item.nodeid.startswith(SLOW_FOLDERS))


class FileOrFolderScheduling(LoadScopeScheduling):
    """Run the tests of a file, or of a folder with slow fixtures, on one worker.

    `xdist_group` marks would also do this, but pytest-xdist 3.8 loses them on pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return next((folder for folder in WHOLE_FOLDERS if path.startswith(folder)), path)
