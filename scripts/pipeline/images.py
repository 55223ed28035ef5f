"""`make publish-images REGISTRY=…`: build and push the images, and print their digests.

The command signs in to a registry of Azure or AWS with the identity of `az` or `aws`; sign in to
another registry first. Without a registry, the images are only built.
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
IMAGES = {  # name -> (Dockerfile, target)
    "analytics-api": ("api", "api"),
    "analytics-app": ("app", "app"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Build and push, and return the exit code."""
    parser = argparse.ArgumentParser(prog="make publish-images", description=__doc__)
    parser.add_argument("--registry", default="", help="the registry's host, without a path")
    parser.add_argument("--tag", default="", help="by default the commit")
    parser.add_argument("--output", type=Path, help="append `<name>=<digest>` to this file")
    options = parser.parse_args(arguments)
    if "/" in options.registry:  # Terraform adds only the host to the dashboard's image
        parser.error("The registry must be a host without a path.")
    # First, because the token of a pipeline's identity expires within minutes.
    _sign_in(options.registry)
    tag = options.tag or _output("git", "rev-parse", "HEAD")
    for name, (dockerfile, target) in IMAGES.items():
        image = f"{options.registry}/{name}:{tag}" if options.registry else f"{name}:{tag}"
        file = f"infra/docker/{dockerfile}.Dockerfile"
        _run("docker", "build", f"--file={file}", f"--target={target}", f"--tag={image}", ".")
        if options.registry:
            _run("docker", "push", image)
            digest = _output("docker", "inspect", "--format={{index .RepoDigests 0}}", image)
            _report(options.output, name, digest.partition("@")[2])
    return 0


def _sign_in(registry: str) -> None:
    # The name of a registry has no hyphen, but its host may have a suffix after one.
    if azure := re.fullmatch(r"([a-z0-9]+)(-[a-z0-9]+)?\.azurecr\.(io|us|cn)", registry):
        _run("az", "acr", "login", "--name", azure[1])
    if aws := re.fullmatch(r"\d{12}\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?", registry):
        password = _output("aws", "ecr", "get-login-password", "--region", aws[1])
        command = ("docker", "login", "--username", "AWS", "--password-stdin", registry)
        subprocess.run(command, check=True, input=password, text=True)  # noqa: S603 - our own command


def _report(output: Path | None, name: str, digest: str) -> None:
    print(f"{name}@{digest}")
    if output:
        with output.open("a") as file:
            file.write(f"{name}={digest}\n")


def _run(*command: str) -> None:
    subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603 - our own commands


def _output(*command: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own commands
        command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
