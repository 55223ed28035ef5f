"""`uvicorn api.main:app` logs requests without confidential query strings."""

import os
import subprocess
import sys
from pathlib import Path

from scripts.servers import free_port
from tests.repo.test_readme import ROOT, first_response


def test_plain_uvicorn_logs_each_request_once_and_without_its_query_string(tmp_path: Path):
    port = free_port()
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "uvicorn", "api.main:app", "--port", str(port)],
        cwd=ROOT,
        env=os.environ | {"ANALYTICS_DATA_DIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    first_response(f"http://127.0.0.1:{port}/healthz?token=confidential")
    process.terminate()
    log, _ = process.communicate(timeout=60)

    assert log.count("/healthz") == 1, log
    assert "confidential" not in log
