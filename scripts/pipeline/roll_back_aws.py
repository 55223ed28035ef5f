"""`make roll-back CLOUD=aws`: undo the newest deployment of the Lambda functions.

Each function's callers use the alias `live`. Terraform publishes a version only of functions that
changed, so the newest deployment consists of the versions that were published within an hour of the
newest one.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import botocore.session

from scripts.pipeline.outputs import ROOTS

ALIAS = "live"
ONE_DEPLOYMENT = timedelta(hours=1)


def main() -> int:
    """Roll back the functions in Terraform's outputs, and return the exit code."""
    command = ["terraform", f"-chdir={ROOTS / 'aws'}", "output", "-json", "functions"]
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603 - our own command
    session: Any = botocore.session.Session()
    client = session.create_client("lambda")
    changed = roll_back(client, list(json.loads(printed).values()))
    print(*(f"{name} returned to version {version}" for name, version in changed.items()), sep="\n")
    return 0 if changed else 1


def roll_back(client: Any, functions: list[str]) -> Mapping[str, str]:  # noqa: ANN401 - botocore is untyped
    """Point the aliases to earlier versions, and return these by function."""
    versions = {name: _published(client, name) for name in functions}
    live = {
        name: client.get_alias(FunctionName=name, Name=ALIAS)["FunctionVersion"]
        for name in functions
    }
    newest = max(versions[name][live[name]] for name in functions)
    changed = dict[str, str]()
    for name in functions:
        earlier = [number for number in versions[name] if int(number) < int(live[name])]
        if earlier and newest - versions[name][live[name]] < ONE_DEPLOYMENT:
            changed[name] = max(earlier, key=int)
            client.update_alias(FunctionName=name, Name=ALIAS, FunctionVersion=changed[name])
    return changed


def _published(client: Any, function: str) -> dict[str, datetime]:  # noqa: ANN401 - botocore is untyped
    """Return when each version of a function was published."""
    pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=function)
    return {
        found["Version"]: datetime.fromisoformat(found["LastModified"])
        for page in pages
        for found in page["Versions"]
        if found["Version"].isdecimal()  # not $LATEST
    }


if __name__ == "__main__":
    sys.exit(main())
