"""Serve the emulator over HTTP: `cosmos-emulator --port 8081` or `python -m cosmos_emulator`."""

import argparse
import os
import signal
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from types import FrameType

from cosmos_emulator import explorer
from cosmos_emulator.asgi import application
from cosmos_emulator.certificates import Certificate, certificate
from cosmos_emulator.core import Emulator
from cosmos_emulator.files import FileError
from cosmos_emulator.keys import KEY

STARTUP_FAILED = 3  # the same as uvicorn's
KEY_VARIABLE = "COSMOS_EMULATOR_KEY"


def main() -> None:
    """Print the endpoint and the key that a client needs, and serve until interrupted."""
    options = _options()
    try:
        import uvicorn  # noqa: PLC0415  only installed with the extra `server`
    except ModuleNotFoundError:
        sys.exit("The server needs uvicorn: install cosmos-emulator[server].")
    # uvicorn repeats the signal when it has stopped, and the default action would end the process
    # before the file is closed.
    signal.signal(signal.SIGTERM, _exit)
    emulator = _open(options)
    with tempfile.TemporaryDirectory() as folder:
        tls = _certificate(options, Path(folder))
        _print(emulator, tls)
        try:
            uvicorn.run(
                application(
                    emulator, origins=options.cors or (), certificate=tls.path if tls else None
                ),
                host=options.host,
                port=options.port,
                log_level="warning",
                ssl_certfile=tls.path if tls else None,
                ssl_keyfile=tls.key_path if tls else None,
            )
        finally:
            emulator.close()


def _exit(_: int, _frame: FrameType | None) -> None:
    sys.exit()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="cosmos-emulator", description=__doc__)
    parser.add_argument(
        "--version", action="version", version=f"cosmos-emulator {version('cosmos-emulator')}"
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--path", type=Path, help="SQLite file (default: in memory)")
    parser.add_argument(
        "--key",
        default=os.environ.get(KEY_VARIABLE, KEY),
        help=f"the account's key (default: {KEY_VARIABLE}, or the key of Microsoft's emulator)",
    )
    parser.add_argument("--tls", action="store_true", help="serve HTTPS, as Cosmos DB does")
    parser.add_argument(
        "--cors", action="append", metavar="ORIGIN", help="permit the pages of an origin, or of *"
    )
    parser.add_argument(
        "--partitions", type=int, default=1, help="the minimum per container (default: 1)"
    )
    parser.add_argument("--serverless", action="store_true", help="refuse provisioned throughput")
    parser.add_argument(
        "--throttle", action="store_true", help="enforce provisioned throughput, with 429"
    )
    return parser.parse_args()


def _open(options: argparse.Namespace) -> Emulator:
    scheme = "https" if options.tls else "http"
    try:
        return Emulator(
            options.path,
            endpoint=f"{scheme}://{options.host}:{options.port}/",
            key=options.key,
            partitions=options.partitions,
            checks_keys=True,
            serverless=options.serverless,
            throttles=options.throttle,
        )
    except (FileError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(STARTUP_FAILED) from error


def _certificate(options: argparse.Namespace, temporary: Path) -> Certificate | None:
    """Return the certificate next to the data file or, without a file, a temporary one."""
    if not options.tls:
        return None
    return certificate(options.path.parent if options.path else temporary, options.host)


def _print(emulator: Emulator, tls: Certificate | None) -> None:
    lines = [f"endpoint {emulator.endpoint}", f"key      {emulator.key}"]
    if tls:
        lines.append(f"certificate {tls.path}")
    lines.append(f"explorer {emulator.endpoint.rstrip('/')}{explorer.PATH}")
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
