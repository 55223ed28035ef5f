"""`make smoke`: check that an environment responds at the addresses in Terraform's outputs.

The checks need no credentials, store nothing and are repeated until a deadline, because new
instances start slowly.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx2

from api.cli.errors import FAILED, Failure
from scripts.pipeline.outputs import outputs

PATIENCE_SECONDS = 180.0
PAUSE_SECONDS = 5.0
_UNAUTHORIZED = 401


def main(arguments: Sequence[str] | None = None) -> int:
    """Check an environment, and return the exit code."""
    parser = argparse.ArgumentParser(prog="make smoke", description=__doc__)
    parser.add_argument("cloud", choices=["azure", "aws"])
    parser.add_argument("environment", choices=["dev", "staging", "prod"])
    options = parser.parse_args(arguments)
    try:
        found = outputs(options.cloud, options.environment, "api_url")
    except Failure as failure:
        print(failure.message, file=sys.stderr)
        return FAILED
    return 0 if check(found, patience=PATIENCE_SECONDS) else 1


def check(found: Mapping[str, Any], *, patience: float) -> bool:
    """Print each check, and return whether all pass within this number of seconds."""
    api = found["api_url"].rstrip("/")
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
    if dashboard := found.get("dashboard_url"):
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
