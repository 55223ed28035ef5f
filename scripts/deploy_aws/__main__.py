"""`make deploy-aws ENV=dev`: move the traffic to the functions' newest versions, step by step.

Terraform publishes versions, but callers use the alias `live`. The stages follow the order of an
upgrade. In each stage, the new versions are started, get a part of the traffic, and then get all of
it. If a new version fails, all functions return to their previous versions. An interrupted
deployment is completed by running the command again.
"""

import argparse
import sys
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import botocore.session

from api.cli.errors import FAILED, INTERRUPTED, Failure
from scripts.deploy_aws.traffic import Function, Traffic
from scripts.deploy_aws.versions import prune
from scripts.deploy_azure.targets import stage
from scripts.pipeline.outputs import apply, outputs

PERCENT, SECONDS = 10, 300.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Deploy, and return the exit code."""
    parser = argparse.ArgumentParser(prog="make deploy-aws", description=__doc__)
    parser.add_argument("environment", choices=["dev", "staging", "prod"])
    parser.add_argument(
        "--percent", type=int, default=PERCENT, help="the first part of the traffic"
    )
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long it is observed")
    options = parser.parse_args(arguments)
    session: Any = botocore.session.Session()
    try:
        functions = read_functions(options.environment)
        traffic = Traffic(
            session.create_client("lambda"),
            session.create_client("cloudwatch"),
            weight=options.percent / 100,
            seconds=options.seconds,
        )
        deploy(traffic, functions)
        for function in functions:
            prune(traffic.client, function.lambda_name)
    except Failure as failure:
        print(failure.message, file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def read_functions(environment: str) -> list[Function]:
    """Return the functions in the order of an upgrade.

    Raises Failure if Terraform's outputs lack their versions.
    """
    found = outputs("aws", environment, "functions", "versions")
    names, versions = found["functions"], found["versions"]
    if names.keys() != versions.keys():
        raise Failure(f"Terraform's outputs don't match. {apply('aws', environment)}")
    ordered = sorted(names, key=lambda name: (stage(name), name))
    return [Function(name, names[name], versions[name], stage(name)) for name in ordered]


def deploy(traffic: Traffic, functions: Sequence[Function]) -> None:
    """Move the traffic stage by stage.

    If a new version fails, restore the previous versions of all functions and raise Failure.
    """
    try:
        for _, group in groupby(functions, lambda function: function.stage):
            traffic.move([one for one in group if traffic.live(one) != one.version])
    except BaseException:
        traffic.return_all()
        raise
    moved = len(traffic.moved)
    print(f"{moved} functions run a new version." if moved else "Every function is up to date.")


if __name__ == "__main__":
    sys.exit(main())
