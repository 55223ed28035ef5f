"""Import real events through the API into the local data folder: `make flights`, `make shop`.

`flights` has 336,776 flights of 2013. The 16 carriers become organisations (`ak_local_ua` is
United's API key), and the aircraft's tail numbers become users. `shop` has 31,106 events of a
shop's visitors, of the organisation `org_shop`.

Before the import, stop all servers that use the same data folder. An interrupted import can be
resumed, and a repeated import adds nothing.
"""

import argparse
import subprocess
import sys

from api.settings import Settings
from scripts.servers import serve

SOURCES = ("flights", "shop")  # the scripts in sample_data


def main() -> None:
    """Write the events to files, register the organisations and import the events."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("source", choices=SOURCES)
    source = parser.parse_args().source
    data_dir = Settings.from_environment().data_dir.resolve()
    folder = data_dir / source
    if not (folder / "events.ndjson").exists():
        _run(f"sample_data/{source}.py", "--out", str(folder))
    _run("-m", "api.cli", "seed", "--no-events", str(folder))
    with serve("api.main:app", {"ANALYTICS_DATA_DIR": str(data_dir)}, ready="/healthz") as server:
        _run("-m", "api.cli", "import", str(folder / "events.ndjson"), "--url", server.url)


def _run(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True)  # noqa: S603 - our own command


if __name__ == "__main__":
    main()
