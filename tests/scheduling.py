"""Which tests share a worker when there are several."""

from xdist.scheduler import LoadScopeScheduling

# Folders whose session fixtures are costly: bundles of every function, plans of whole clouds, a
# PostgreSQL server.
WHOLE_FOLDERS = ("tests/functions", "tests/infra", "tests/sql")


class FileOrFolderScheduling(LoadScopeScheduling):
    """A file's tests share a worker, and with it what its fixtures built; so do some folders'.

    Marks of `xdist_group` would say it test by test, but pytest-xdist 3.8 loses them on pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return next((folder for folder in WHOLE_FOLDERS if path.startswith(folder)), path)
