"""Every command of the deployment documents is one that its tool accepts."""

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.infra.documented_commands import Document, commands_of, problems_of_az
from tests.infra.terraform import REPOSITORY

DOCUMENTS = (
    "docs/deployment.md",
    "docs/region-loss.md",
    "docs/region-loss-aws.md",
    "docs/restore.md",
    "infra/helm/analytics-platform/README.md",
    "infra/terraform/aws/README.md",
    "infra/terraform/azure-bootstrap/README.md",
    "infra/terraform/azure/README.md",
)
GRANT = "infra/terraform/azure/deployers/grant.sh"
MISTAKES = {
    "aws s3api create-bucket --bucket b --bukket c": "no option --bukket",
    "aws s3api create-bucket": "--bucket is required",
    "aws s3api make-bucket --bucket b": "no operation make-bucket",
    "aws s3api create-bucket --bucket b --acl open": "--acl must be one of",
    "make plan CLOD=aws": "no recipe reads CLOD",
    "make deploy-aws-now": "no target deploy-aws-now",
    "terraform aply": "no subcommand aply",
    "terraform apply -var-fil=environments/prod.tfvars": "no option -var-fil",
    "terraform apply -var-file=environments/production.tfvars": "doesn't exist",
    "export URL=$(terraform output -raw address)": "no output address",
    "ls && uv run analytics organisation create org": "no command 'organisation'",
    "uv run analytics organization create org --nam x": "No such option: --nam",
    "cat infra/terraform/aws/REDME.md": "infra/terraform/aws/REDME.md doesn't exist",
}


@pytest.mark.usefixtures("terraform")
@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_tools_accept_every_command(name: str):
    path = REPOSITORY / name
    document = Document(path.read_text(), path.parent)

    assert [*document.commands()]
    assert document.problems() == []


@pytest.mark.usefixtures("terraform")
@pytest.mark.parametrize("command", MISTAKES)
def test_a_mistake_is_found(command: str):
    folder = REPOSITORY / "infra/terraform/aws"
    document = Document(f"Run:\n\n```sh\n{command}\n```\n", folder)

    (problem,) = document.problems()
    assert MISTAKES[command] in problem


def test_commands_are_found_wherever_they_are(tmp_path: Path):
    code = (
        'a=(--x 1)\nfor f in *; do\n  A=1 one "${a[@]}" "$(two "$(three)")" | four \\\n  5\ndone\n'
    )

    found = [" ".join(words) for words in commands_of(code)]
    assert found[:2] == ["three", "two VALUE"]
    assert {"one --x 1 VALUE", "four 5"} <= {*found}
    assert Document("Run `make plan ENV=dev`.", tmp_path).problems() == []


@pytest.mark.full
@pytest.mark.parametrize("name", [*DOCUMENTS, GRANT])
def test_the_azure_cli_accepts_every_command(name: str):
    if not shutil.which("az"):
        pytest.skip("the Azure CLI is not installed: uv tool install azure-cli")
    path = REPOSITORY / name
    text = path.read_text()
    commands = Document(text, path.parent).commands() if name != GRANT else _of_script(text)

    assert [p for words in commands if words[0] == "az" for p in problems_of_az(words)] == []


def _of_script(text: str) -> Iterator[list[str]]:
    """Yield the words of a script's `az` commands, which end before a pipe or a bracket."""
    for line in re.sub(r"\\\n", " ", text).splitlines():
        for command in re.findall(r"\baz [^|)]+", re.sub(r"\$\{[^}]*\}", "", line)):
            yield shlex.split(command.replace("$verb", "create"))
