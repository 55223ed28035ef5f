"""`make flights`: import 336,776 real flights of 2013 through the API into the local data folder.

The 16 carriers become organisations (`ak_local_ua` is United's API key), and the aircraft's tail
numbers become users. Before the import, stop all servers that use the same data folder. An
interrupted import can be resumed, and a repeated import adds nothing.
"""

import subprocess
import sys

from api.settings import Settings
from scripts.servers import serve


def main() -> None:
    """Write the flights to files, register the carriers and import the flights through the API."""
    data_dir = Settings.from_environment().data_dir.resolve()
    folder = data_dir / "flights"
    if not (folder / "events.ndjson").exists():
        _run("sample_data/flights.py", "--out", str(folder))
    _run("-m", "api.cli", "seed", "--no-events", str(folder))
    with serve("api.main:app", {"ANALYTICS_DATA_DIR": str(data_dir)}, ready="/healthz") as server:
        _run("-m", "api.cli", "import", str(folder / "events.ndjson"), "--url", server.url)


def _run(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True)  # noqa: S603 - our own command


if __name__ == "__main__":
    main()
