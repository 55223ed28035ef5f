"""The commands of AWS's first deployment work in order: real Terraform, AWS CLI and moto."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.infra.aws_account import BUCKET, aws_cli, client, use_account, use_folders_as_buckets
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
def quotas() -> Iterator[str]:
    Quotas.requests = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Quotas)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def account(moto_server: str) -> Iterator[str]:
    """Return the address of an empty account."""
    with use_account(moto_server):
        yield moto_server


@pytest.fixture(scope="module")
def deployed(
    terraform: Terraform, tmp_path_factory: pytest.TempPathFactory, account: str, quotas: str
) -> Deployed:
    folder = tmp_path_factory.mktemp("first-aws")
    root = terraform.root("aws").path
    use_folders_as_buckets(root)
    environment = terraform.environment | tools(folder) | aws_cli(folder, account, "eu-central-1")
    environment |= {
        "AWS_ENDPOINT_URL_SERVICE_QUOTAS": quotas,
        "SUB": "the-owner",
        "REPOSITORY": "acme/analytics",
    }
    run(root.parents[2], WALK, environment)
    clients = {
        service: client(account, service, "eu-central-1") for service in ("ecr", "iam", "s3")
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
        "analytics-build": "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPowerUser",
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
