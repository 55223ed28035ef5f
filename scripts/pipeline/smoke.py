"""`make smoke`: check that an environment responds at the addresses in Terraform's outputs.

The checks need no credentials, store nothing and are repeated until a deadline, because new
instances start slowly.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx2

from scripts.pipeline.terraform import ROOTS

PATIENCE_SECONDS = 180.0
PAUSE_SECONDS = 5.0
_UNAUTHORIZED = 401


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the environment that Terraform is initialised for, and return the exit code."""
    parser = argparse.ArgumentParser(prog="make smoke", description=__doc__)
    parser.add_argument("cloud", choices=["azure", "aws"])
    options = parser.parse_args(arguments)
    command = ["terraform", f"-chdir={ROOTS / options.cloud}", "output", "-json"]
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603 - our own command
    outputs = {name: output["value"] for name, output in json.loads(printed).items()}
    return 0 if check(outputs, patience=PATIENCE_SECONDS) else 1


def check(outputs: Mapping[str, Any], *, patience: float) -> bool:
    """Print each check, and return whether all pass within this number of seconds."""
    api = outputs["api_url"].rstrip("/")
    checks: dict[str, Callable[[httpx2.Client], bool]] = {
        f"{api}/healthz reaches the store": lambda http: (
            http.get(f"{api}/healthz").raise_for_status().json()["store"] == "reachable"
        ),
        f"{api} publishes its keys": lambda http: bool(
            http.get(f"{api}/.well-known/jwks.json").raise_for_status().json()["keys"]
        ),
        f"{api} is its own issuer": lambda http: (
            http.get(f"{api}/.well-known/openid-configuration").raise_for_status().json()["issuer"]
            == api
        ),
        f"{api} requires a token": lambda http: (
            http.get(f"{api}/api/v1/events").status_code == _UNAUTHORIZED
        ),
    }
    if dashboard := outputs.get("dashboard_url"):
        checks[f"{dashboard} responds"] = lambda http: (
            http.get(f"{dashboard.rstrip('/')}/healthz").is_success
        )
    end = time.monotonic() + patience
    with httpx2.Client(timeout=30) as http:
        results = [_passes(name, holds, http, end) for name, holds in checks.items()]
    return all(results)


def _passes(
    name: str, holds: Callable[[httpx2.Client], bool], http: httpx2.Client, end: float
) -> bool:
    while True:
        try:
            reason = "" if holds(http) else "another response"
        except (httpx2.HTTPError, ValueError, KeyError) as error:
            reason = f"{type(error).__name__}: {error}"
        if not reason or time.monotonic() + PAUSE_SECONDS > end:
            print(f"✗ {name}: {reason}" if reason else f"✓ {name}")
            return not reason
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
