"""`make sample-data`: load sample data that ends today into the local store.

Before you load the data, stop all servers that use the same data folder. Running the command again
keeps the stored data and adds new data.
"""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from api.settings import Settings


def load_sample_data(folder: Path) -> None:
    """Write sample data to the folder and load it into the configured store."""
    now = datetime.now(UTC)
    make = ["sample_data/make_sample_data.py", "--end", now.date().isoformat(), "--extend"]
    _run(*make, "--not-after", now.isoformat(), "--out", str(folder))
    _run("-m", "api.cli", "seed", str(folder))


def _run(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True)  # noqa: S603 - our own command


if __name__ == "__main__":
    try:
        load_sample_data(Settings.from_environment().data_dir.absolute() / "sample")
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
