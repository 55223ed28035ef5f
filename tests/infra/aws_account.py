"""An AWS account of moto, and the real AWS CLI, which talks to it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import botocore.session
import pytest

from tests.infra.walk import HTTP_BACKEND

# Not among the project's packages: it would pin the version of botocore.
FIND = ("uv", "tool", "run", "--from", "awscli==1.46.2", "python", "-c")
BUCKET = "acme-analytics-state-prod"
BACKEND = 'backend "s3" {\n    encrypt      = true\n    use_lockfile = true\n  }'


@contextmanager
def use_account(moto_server: str) -> Iterator[None]:
    """Reset moto, and load the policies that AWS manages."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
        with urlopen(Request(f"{moto_server}/moto-api/reset", method="POST")):  # noqa: S310 - our own
            yield


def aws_cli(folder: Path, account: str, region: str) -> dict[str, str]:
    """Install the AWS CLI in the folder's `bin`, and return its environment variables.

    Skip the test if the CLI can't be installed, but fail in CI.
    """
    command = [*FIND, "import sys; print(sys.prefix)"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(done.stderr[-500:])
    aws = folder / "bin/aws"
    found = Path(done.stdout.strip()) / "bin/aws"
    # Unlike version 2 of the CLI, which users have, version 1 doesn't read AWS_REGION.
    aws.write_text(f'#!/bin/sh\nAWS_DEFAULT_REGION=$AWS_REGION exec {found} "$@"\n')
    aws.chmod(0o755)
    return {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_ENDPOINT_URL": account,
        "AWS_REGION": region,
    }


def client(account: str, service: str, region: str) -> Any:
    session: Any = botocore.session.Session()
    return session.create_client(
        service,
        endpoint_url=account,
        region_name=region,
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )


def use_folders_as_buckets(root: Path) -> None:
    """Use files as the backend of the root, and forget its local state."""
    (root / "state_override.tf").unlink()
    shutil.rmtree(root / ".terraform")
    versions = root / "terraform.tf"
    assert BACKEND in versions.read_text()
    versions.write_text(versions.read_text().replace(BACKEND, HTTP_BACKEND))
