"""`make publish-images REGISTRY=…`: build and push the images, and print their digests.

Sign in to the registry first. Without a registry, the images are only built.
"""

import argparse
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
    parser.add_argument("--registry", default="", help="the registry and, if any, the path in it")
    parser.add_argument("--tag", default="", help="by default the commit")
    parser.add_argument("--output", type=Path, help="append `<name>=<name>@<digest>` to this file")
    options = parser.parse_args(arguments)
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
