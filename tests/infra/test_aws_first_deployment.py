"""The commands of AWS's first deployment work in order: real Terraform, AWS CLI and moto."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.request import Request, urlopen

import botocore.session
import pytest

from tests.infra.terraform import ROOTS, Terraform
from tests.infra.walk import blocks, run, tools
from tests.stores.moto import moto_server

__all__ = ["moto_server"]

README = (ROOTS / "aws/README.md").read_text()
WALK = [
    block
    for _, block in blocks(
        README.partition("\n## The first deployment\n")[2].partition("\n## ")[0],
    )
]
# Not among the project's packages: it would pin the version of botocore.
CLI = ("uv", "tool", "run", "--from", "awscli==1.46.2", "aws")
BACKEND = 'backend "s3" {\n    encrypt      = true\n    use_lockfile = true\n  }'
BUCKET = "acme-analytics-state-prod"


class Quotas(BaseHTTPRequestHandler):
    """Accepts every request for quotas, which moto doesn't implement."""

    requests: list[dict[str, Any]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Quotas.requests.append(json.loads(body))
        response = json.dumps({"Quota": {"Value": 1000.0}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(response)))
        self.end_headers()
        self.wfile.write(response)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
        """Log nothing."""


@dataclass(frozen=True)
class Deployed:
    """What the commands have created."""

    folder: Path
    clients: dict[str, Any]

    @property
    def calls(self) -> list[str]:
        lines = (self.folder / "calls").read_text().splitlines()
        return [" ".join(json.loads(line)) for line in lines]


@pytest.fixture(scope="module")
def cli() -> str:
    """Return the command of the AWS CLI. Skip if it can't be installed, but fail in CI."""
    done = subprocess.run([*CLI, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(done.stderr[-500:])
    return " ".join([shutil.which("uv") or "uv", *CLI[1:]])


@pytest.fixture(scope="module")
def quotas() -> Iterator[str]:
    Quotas.requests = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Quotas)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def account(moto_server: str) -> Iterator[str]:
    """Return moto's address after a reset, with the policies that AWS manages."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
        with urlopen(Request(f"{moto_server}/moto-api/reset", method="POST")):  # noqa: S310 - our own
            yield moto_server


@pytest.fixture(scope="module")
def deployed(
    terraform: Terraform,
    tmp_path_factory: pytest.TempPathFactory,
    account: str,
    quotas: str,
    cli: str,
) -> Deployed:
    folder = tmp_path_factory.mktemp("first-aws")
    root = terraform.root("aws").path
    (root / "state_override.tf").unlink()
    shutil.rmtree(root / ".terraform")
    versions = root / "terraform.tf"
    assert BACKEND in versions.read_text()
    versions.write_text(versions.read_text().replace(BACKEND, 'backend "local" {}'))
    credentials = {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_ENDPOINT_URL": account,
        "AWS_ENDPOINT_URL_SERVICE_QUOTAS": quotas,
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }
    given = {"SUB": "the-owner", "REPOSITORY": "acme/analytics"}
    environment = terraform.environment | tools(folder) | credentials | given
    aws = folder / "bin/aws"
    aws.write_text(f'#!/bin/sh\nexec {cli} "$@"\n')
    aws.chmod(0o755)
    run(root.parents[2], WALK, environment)
    session: Any = botocore.session.Session()
    clients = {
        service: session.create_client(
            service,
            endpoint_url=account,
            region_name="eu-central-1",
            aws_access_key_id="key",
            aws_secret_access_key="secret",
        )
        for service in ("ecr", "iam", "s3")
    }
    return Deployed(folder, clients)


def test_the_quota_is_requested_before_the_apply(deployed: Deployed):
    del deployed
    requested, read = Quotas.requests

    assert requested == {"ServiceCode": "lambda", "QuotaCode": "L-B99A9384", "DesiredValue": 1000}
    assert read == {"ServiceCode": "lambda", "QuotaCode": "L-B99A9384"}


def test_the_state_is_in_a_protected_bucket_that_a_step_has_created(deployed: Deployed):
    s3 = deployed.clients["s3"]
    state = deployed.folder / "accounts" / BUCKET / "analytics.tfstate"
    (rule,) = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    (denied,) = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"]
    block = s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]

    assert state.exists()
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert (denied["Effect"], denied["Action"]) == ("Deny", "s3:*")
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert denied["Resource"] == [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]
    assert len(block) == 4
    assert all(block.values())


def test_everything_exists_before_the_first_organisation_is_created(deployed: Deployed):
    steps = [
        "make publish-images",
        "uv sync",
        "make bundle",
        "uv run analytics organization create",
        "make smoke",
    ]
    found = [next(i for i, c in enumerate(deployed.calls) if c.startswith(step)) for step in steps]

    assert found == sorted(found)
    assert "--owner the-owner" in deployed.calls[found[3]]


def test_the_registry_keeps_every_image_under_its_digest(deployed: Deployed):
    found = deployed.clients["ecr"].describe_repositories()["repositories"]

    assert {one["repositoryName"] for one in found} == {"analytics-api", "analytics-app"}
    for one in found:
        assert one["imageTagMutability"] == "IMMUTABLE"
        assert one["imageScanningConfiguration"] == {"scanOnPush": True}
        registry = one["repositoryUri"].partition("/")[0]
        assert f"make publish-images REGISTRY={registry}" in deployed.calls


def test_only_jobs_of_an_environment_assume_its_roles(deployed: Deployed):
    iam, github = deployed.clients["iam"], "token.actions.githubusercontent.com"
    policies = {
        "analytics-prod": "arn:aws:iam::aws:policy/AdministratorAccess",
        "analytics-prod-plan": "arn:aws:iam::aws:policy/ReadOnlyAccess",
    }
    (provider,) = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    for name, policy in policies.items():
        role = iam.get_role(RoleName=name)["Role"]
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        environment = name.removeprefix("analytics-")

        assert trust["Principal"] == {"Federated": provider["Arn"]}
        assert trust["Condition"]["StringEquals"] == {
            f"{github}:aud": "sts.amazonaws.com",
            f"{github}:sub": f"repo:acme/analytics:environment:{environment}",
        }
        assert [one["PolicyArn"] for one in attached] == [policy]
    read = iam.get_role_policy(RoleName="analytics-prod-plan", PolicyName="read-secrets")
    (secrets,) = read["PolicyDocument"]["Statement"]
    assert secrets["Action"] == "secretsmanager:GetSecretValue"
    assert secrets["Resource"].endswith(":secret:analytics-prod-*")
