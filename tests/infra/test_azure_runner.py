"""The machine that deploys has every tool that the documents and the pipeline use on it."""

import re
import subprocess

import yaml

from tests.infra.terraform import REPOSITORY, ROOTS

CLOUD_INIT = yaml.safe_load((ROOTS / "azure-bootstrap/runner/cloud-init.yaml").read_text())
SCRIPT = CLOUD_INIT["write_files"][0]["content"]
# The parts of documents whose commands are carried out on the machine: from a heading to another.
ON_THE_MACHINE = (
    ("docs/restore.md", "## 1.", r"\Z"),
    ("docs/region-loss.md", "### 4.", r"\Z"),
    ("infra/terraform/azure/README.md", "### 5.", "## Limits"),
    ("infra/terraform/azure-bootstrap/README.md", "## Changes", "## The machine"),
)
COMMANDS = {"azure-cli": "az", "uv": "uv"}  # of packages on PyPI
OF_THE_IMAGE = {"curl", "cut", "grep", "mktemp", "rm", "sha256sum"}  # Ubuntu Server
COMMAND = re.compile(
    r"(?:^|[|;&]\s*|\$\(|\b(?:do|then)\b)\s*"  # where a command begins
    r"(?:[A-Za-z_]+=[^\s(]*\s+)*"  # variables for the command
    r"([a-z][\w-]*)(?=[\s)]|$)",
    re.MULTILINE,
)


def commands_of(shell: str) -> set[str]:
    """Return the names of the commands in a script."""
    return set(COMMAND.findall(re.sub(r"'[^']*'", "''", shell.replace("\\\n", " "))))


def documented() -> str:
    """Return all commands that are carried out on the machine."""
    blocks: list[str] = []
    for name, start, end in ON_THE_MACHINE:
        text = (REPOSITORY / name).read_text()
        (part,) = re.findall(rf"^{re.escape(start)}.*?(?=^{end})", text, re.MULTILINE | re.DOTALL)
        found = re.findall(r"^```sh\n(.*?)^```", part, re.MULTILINE | re.DOTALL)
        assert found, name
        blocks += found
    return "\n".join(blocks)


def builtins() -> set[str]:
    done = subprocess.run(
        ["bash", "-c", "compgen -b -k"],  # noqa: S607 - the one on the PATH
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_every_command_is_installed() -> None:
    by_pipx = {COMMANDS[name] for name in re.findall(r"pipx install (\S+?)==", SCRIPT)}
    by_unzip = set(re.findall(r"^unzip .* (\S+) -d ", SCRIPT, re.MULTILINE))
    installed = {*CLOUD_INIT["packages"], *OF_THE_IMAGE, *by_pipx, *by_unzip}
    used = commands_of(documented()) | commands_of(SCRIPT)

    assert {"az", "jq", "make", "terraform", "uv"} <= used
    assert used - builtins() - installed == set()


def test_the_tools_have_the_versions_of_the_pipeline() -> None:
    tools = (REPOSITORY / ".github/actions/tools/action.yml").read_text()
    (uv,) = re.findall(r"pipx install (uv==\S+)", tools)
    (version,) = re.findall(r"terraform_version: (\S+)", tools)

    subprocess.run(["bash", "-n", "-c", SCRIPT], check=True)  # noqa: S603, S607 - our own script
    assert f"pipx install {uv}\n" in SCRIPT
    assert f"/terraform/{version}/terraform_{version}_linux_amd64.zip" in SCRIPT
    assert re.search(r"sha256sum --check <<<\"[0-9a-f]{64}  \$zip\"", SCRIPT)
