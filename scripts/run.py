"""`make run`: sample data ending today, then the API on port 8000 until Ctrl-C."""

import socket
import subprocess
import sys
from datetime import UTC, datetime

from api.settings import Settings

HOST, PORT = "127.0.0.1", 8000


def main() -> int:
    """Seed what is missing, then serve. A second run keeps what is stored and adds today's data."""
    if _is_taken(PORT):
        print(
            f"Port {PORT} is taken: end what listens there (another `make run`?), then try again."
        )
        return 1
    folder = Settings.from_environment().data_dir / "sample"
    now = datetime.now(UTC)
    _run(
        "sample_data/make_sample_data.py",
        "--end",
        now.date().isoformat(),
        "--extend",
        "--not-after",
        now.isoformat(),
        "--out",
        str(folder),
    )
    _run("-m", "api.cli", "seed", str(folder))
    print(
        f"""
API        http://{HOST}:{PORT}/docs
try        uv run analytics token --org org_acme --curl
stop       Ctrl-C
"""
    )
    server = ["-m", "uvicorn", "api.main:app", "--host", HOST, "--port", str(PORT)]
    try:
        return subprocess.call([sys.executable, *server, "--no-access-log"])  # noqa: S603 - our own command
    except KeyboardInterrupt:
        return 0


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def _run(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True)  # noqa: S603 - our own command


if __name__ == "__main__":
    sys.exit(main())
