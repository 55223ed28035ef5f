"""Serve the emulator over HTTP: `cosmos-emulator --port 8081` or `python -m cosmos_emulator`."""

import argparse
import sys
from pathlib import Path

from cosmos_emulator.asgi import application
from cosmos_emulator.core import Emulator
from cosmos_emulator.files import FileError

STARTUP_FAILED = 3  # the same as uvicorn's


def main() -> None:
    """Print the endpoint and the key that a client needs, and serve until interrupted."""
    parser = argparse.ArgumentParser(prog="cosmos-emulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--path", type=Path, help="SQLite file (default: in memory)")
    parser.add_argument("--partitions", type=int, default=2, help="per container (default: 2)")
    options = parser.parse_args()
    try:
        import uvicorn  # noqa: PLC0415  only installed with the extra `server`
    except ModuleNotFoundError:
        sys.exit("The server needs uvicorn: install cosmos-emulator[server].")
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
