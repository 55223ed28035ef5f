"""Both copies of prod on AWS: the first with all options, the second after the loss of its region.

The commands of the README and of docs/region-loss-aws.md create them.
"""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.infra.aws_account import BUCKET, aws_cli, client, use_folders_as_buckets
from tests.infra.plan import Plan
from tests.infra.terraform import REPOSITORY, ROOTS, Root, Terraform
from tests.infra.walk import blocks, publish, run, tools

README = (ROOTS / "aws/README.md").read_text()
STEPS = (REPOSITORY / "docs/region-loss-aws.md").read_text().partition("\n## Steps\n")[2]
RECOVER, _, DELETE = STEPS.partition("\n### 7.")
LOST, NEW = "eu-central-1", "eu-west-1"
TABLE, FRONT = "aws_dynamodb_table", "aws_cloudfront_distribution"
# Roles that exist when the region is lost. The last two are the pipeline's.
ROLES = {
    "analytics-prod-ingest-events": {"Description": "The permissions of ingest_events."},
    "analytics-prod-plan": {},
    "analytics-build": {},
}
MAKE = """#!/bin/sh
echo "[\\"make $*\\"]" >>"$CALLS"
[ "$*" = bundle ] || exit 0
mkdir -p build/lambda
for file in functions/[a-z]*.py; do
  echo "$file" >"build/lambda/$(basename "$file" .py).zip"
done
"""
OPTIONS = """
replica_region = "{region}"
api_firewall = {{
  client_certificate = "{certificate}"
}}
"""


@dataclass(frozen=True)
class First:
    """The first copy."""

    folder: Path
    root: Root
    plan: Plan
    environment: dict[str, str]

    @property
    def laptop(self) -> Path:
        return self.root.path.parents[2]


@dataclass(frozen=True)
class Recovered:
    """Both copies after the second one was created."""

    first: First
    second: Plan
    account: str

    def delete_first(self) -> Path:
        """Carry out the last step on another machine, and return the first copy's state."""
        folder = self.first.folder / "other-machine"
        folder.mkdir()
        run(folder, [block for _, block in blocks(DELETE)], self.first.environment)
        return self.first.folder / "accounts" / BUCKET / "analytics.tfstate"


def deploy(terraform: Terraform, folder: Path, account: str) -> First:
    """Create the certificates with the documented commands, and apply prod with all options."""
    root = terraform.root("aws")
    environment = terraform.environment | tools(folder) | aws_cli(folder, account, LOST)
    (folder / "bin/make").write_text(MAKE)
    run(root.path.parents[2], _section("## A firewall for the API"), environment)
    found = client(account, "acm", "us-east-1").list_certificates()["CertificateSummaryList"]
    options = OPTIONS.format(region=NEW, certificate=found[0]["CertificateArn"])
    with (root.path / "environments/prod.tfvars").open("a") as values:
        values.write(options)
    root.apply("prod")
    return First(folder, root, root.plan("prod"), environment)


def recover(first: First, terraform: Terraform, account: str) -> Recovered:
    """Lose the region, and carry out all steps except the last one."""
    root, environment = first.root.path, first.environment
    state = first.folder / "accounts" / BUCKET / "analytics.tfstate"
    state.parent.mkdir(parents=True)
    shutil.move(root / "terraform.tfstate", state)
    (root / "the.plan").unlink()
    use_folders_as_buckets(root)
    origin = publish(first.laptop, first.folder, environment)
    environment |= {"REPOSITORY": str(origin), "LOST": LOST, "NEW": NEW, "FIRST": "HEAD^"}
    _fail_over(terraform)
    _create_what_the_commands_expect(account)
    run(first.laptop, _commands(first.plan.the(FRONT)["id"]), environment)
    shown = subprocess.run(
        ["terraform", "show", "-json", "copy.tfplan"],  # noqa: S607 - the one on the PATH
        cwd=root,
        env=environment,
        capture_output=True,
        check=True,
    ).stdout
    return Recovered(first, Plan("prod", json.loads(shown)), account)


def _commands(distribution: str) -> list[str]:
    steps = [[block for _, block in blocks(part)] for part in RECOVER.split("\n### ")[1:]]
    stop, values, commit, *others = steps
    by_hand = f's/^api_firewall = {{/&\\n  distribution = "{distribution}"/'
    return [
        *stop,
        *values,
        f"sed -i '{by_hand}' \"$values\"",
        *_section("### 3. Create the bucket of the state"),
        *_section("### 4. Create the registry and push the images"),
        *commit,
        *(block for step in others for block in step),
    ]


def _section(heading: str) -> list[str]:
    """Return the README's blocks of commands below a heading, up to the next one."""
    level = heading.partition(" ")[0]
    part = README.partition(f"\n{heading}\n")[2].partition(f"\n{level} ")[0]
    assert part, heading
    return [block for _, block in blocks(part)]


def _fail_over(terraform: Terraform) -> None:
    """Show the tables as they are in the second region."""
    for (kind, _), table in terraform.aws.items():
        if kind == TABLE and table["replica"]:
            table["region"] = NEW
            table["replica"][0]["region_name"] = LOST
            for name in ("arn", "stream_arn"):
                table[name] = table[name].replace(LOST, NEW)


def _create_what_the_commands_expect(account: str) -> None:
    """Create the resources of the first copy that the AWS CLI changes."""
    iam = client(account, "iam", LOST)
    for name, description in ROLES.items():
        iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}", **description)
    location = {"LocationConstraint": LOST}
    bucket = "analytics-prod-lake-123456789012"
    client(account, "s3", LOST).create_bucket(Bucket=bucket, CreateBucketConfiguration=location)
    subnets = client(account, "ec2", LOST).describe_subnets()["Subnets"]
    client(account, "elbv2", LOST).create_load_balancer(
        Name="analytics-prod-dashboard", Subnets=[one["SubnetId"] for one in subnets]
    )
