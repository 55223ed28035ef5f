"""`make live-versions` and `make roll-back CLOUD=aws`: record and restore versions of functions.

Each Lambda function's callers use the alias `live`. A record consists of the versions to which the
aliases of an environment point before a deployment: `function:version,function:version`.
"""

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import botocore.session

from api.cli.errors import FAILED, Failure
from scripts.pipeline.outputs import every_output, outputs

ALIAS = "live"


def main(arguments: Sequence[str] | None = None) -> int:
    """Record or restore the versions, and return the exit code."""
    parser = argparse.ArgumentParser(prog="make roll-back CLOUD=aws", description=__doc__)
    parser.add_argument("step", choices=["record", "restore"])
    parser.add_argument("environment", choices=["dev", "staging", "prod"])
    parser.add_argument("--release", default="", help="the record to restore")
    parser.add_argument("--output", type=Path, help="append `release=<record>` to this file")
    options = parser.parse_args(arguments)
    client = _client()
    try:
        if options.step == "record":
            # Before the first apply, there are neither outputs nor functions.
            functions = every_output("aws", options.environment).get("functions", {}).values()
            _report(record(client, functions), options.output)
        else:
            functions = outputs("aws", options.environment, "functions")["functions"].values()
            for name, version in restore(client, functions, options.release).items():
                print(f"{name} returned to version {version}")
    except Failure as failure:
        print(failure.message, file=sys.stderr)
        return FAILED
    return 0


def _client() -> Any:  # noqa: ANN401 - botocore is untyped
    session: Any = botocore.session.Session()
    return session.create_client("lambda")


def record(client: Any, functions: Iterable[str]) -> str:  # noqa: ANN401 - botocore is untyped
    """Return the record of the live versions."""
    live = _live(client, functions)
    return ",".join(f"{name}:{version}" for name, version in live.items())


def restore(client: Any, functions: Iterable[str], release: str) -> Mapping[str, str]:  # noqa: ANN401 - botocore is untyped
    """Point the aliases to the recorded versions, and return those that changed by function.

    Functions that the deployment created or deleted are left as they are. Raises Failure if the
    record is empty or from another environment, or if nothing changed.
    """
    if not release:
        raise Failure("State the release to return to, which `make live-versions` has printed.")
    live = _live(client, functions)
    parts = (one.rpartition(":") for one in release.split(","))
    recorded = {name: version for name, _, version in parts}
    if not recorded.keys() & live.keys():
        raise Failure(f"The environment has none of the functions in {release!r}.")
    changed = {n: version for n, version in recorded.items() if live.get(n, version) != version}
    if not changed:
        raise Failure("Every function runs its recorded version, so nothing was rolled back.")
    for name, version in changed.items():
        client.update_alias(FunctionName=name, Name=ALIAS, FunctionVersion=version)
    return changed


def _live(client: Any, functions: Iterable[str]) -> dict[str, str]:  # noqa: ANN401 - botocore is untyped
    """Return the live versions by function, without functions that have no alias yet."""
    return {
        name: alias["FunctionVersion"]
        for name in functions
        for alias in client.list_aliases(FunctionName=name)["Aliases"]
        if alias["Name"] == ALIAS
    }


def _report(release: str, output: Path | None) -> None:
    print(f"release={release}")
    if output:
        with output.open("a") as file:
            file.write(f"release={release}\n")


if __name__ == "__main__":
    sys.exit(main())
