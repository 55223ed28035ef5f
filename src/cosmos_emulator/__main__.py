"""The emulator as a server of its own: `python -m cosmos_emulator --port 8081`."""

import argparse
import sys
from pathlib import Path

import uvicorn

from cosmos_emulator.asgi import application
from cosmos_emulator.core import Emulator
from cosmos_emulator.files import FileError

STARTUP_FAILED = 3  # as uvicorn's own


def main() -> None:
    """Serves until interrupted; prints what a client needs to connect."""
    parser = argparse.ArgumentParser(prog="cosmos_emulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--path", type=Path, help="a SQLite file; memory without it")
    parser.add_argument("--partitions", type=int, default=2, help="physical ones, per container")
    options = parser.parse_args()
    endpoint = f"http://{options.host}:{options.port}/"
    try:
        emulator = Emulator(
            options.path, endpoint=endpoint, partitions=options.partitions, checks_keys=True
        )
    except FileError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(STARTUP_FAILED) from error
    sys.stdout.write(f"endpoint {emulator.endpoint}\nkey      {emulator.key}\n")
    sys.stdout.flush()
    try:
        uvicorn.run(
            application(emulator), host=options.host, port=options.port, log_level="warning"
        )
    finally:
        emulator.close()


if __name__ == "__main__":
    main()
