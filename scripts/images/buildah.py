"""Build and run images with buildah in a chroot, on a debootstrap base image, without Docker."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BASE = "debian:trixie-slim"  # the base image of the Dockerfiles, which pin it by digest
TOOLS = ("buildah", "debootstrap")
MISSING = "make images needs root, buildah and debootstrap: apt-get install buildah debootstrap"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
# The base image trusts this machine's certificates, because some networks intercept TLS with a
# certificate of their own.
TRUST = ("SSL_CERT_FILE", "PIP_CERT", "NODE_EXTRA_CA_CERTS")
STOP_SECONDS = 30


def missing() -> str | None:
    """Return a message if this machine lacks a requirement for building images."""
    has_all = os.geteuid() == 0 and all(shutil.which(tool) for tool in TOOLS)
    return None if has_all else MISSING


@dataclass(frozen=True)
class Buildah:
    """Build images in a separate storage folder, which the caller deletes."""

    storage: Path

    def make_base(self) -> None:
        """Build `debian:trixie-slim` from the Debian mirror that this machine uses."""
        root = self.storage / "base"
        mirror = _output("apt-get", "indextargets", "--format", "$(SITE)").split()[0]
        _run(
            "debootstrap", "--variant=minbase", "--include=ca-certificates", "trixie", root, mirror
        )
        shutil.copyfile(CERTIFICATES, f"{root}{CERTIFICATES}")
        container = self._output("from", "scratch")
        self._run("add", "--quiet", container, root, "/")
        trust = [part for name in TRUST for part in ("--env", f"{name}={CERTIFICATES}")]
        self._run("config", *trust, container)
        self._run("commit", "--quiet", "--rm", container, f"localhost/{BASE}")
        shutil.rmtree(root)

    def build(self, image: str, dockerfile: Path, target: str) -> None:
        """Build one image of the repository and print the steps. Raises CalledProcessError."""
        self._run(
            "build",
            "--pull=never",
            f"--from=localhost/{BASE}",  # replaces the first FROM, the only one with a digest
            "--format=docker",  # keeps the health check
            "--layers=false",  # each layer would be a complete copy of the image
            f"--file={dockerfile}",
            f"--target={target}",
            f"--tag={image}",
            ".",
        )

    @contextmanager
    def container(self, image: str, environment: Mapping[str, str]) -> Generator["Container"]:
        """Create a container on the host's network, and remove it when the `with` block ends."""
        name = self._output("from", "--pull=never", f"localhost/{image}")
        variables = [f"--env={key}={value}" for key, value in environment.items()]
        try:
            yield Container(self, image, name, variables)
        finally:
            self._run("rm", name)

    def config(self, image: str) -> Mapping[str, object]:
        """Return the image's configuration, such as its command, user and health check."""
        return json.loads(self._output("inspect", "--type=image", image))["Docker"]["config"]

    def command(self, *arguments: object) -> list[str]:
        place = (f"--root={self.storage}/root", f"--runroot={self.storage}/run")
        return ["buildah", *place, "--storage-driver=vfs", *map(str, arguments)]

    def _run(self, *arguments: object) -> None:
        _run(*self.command(*arguments), env=_ISOLATED)

    def _output(self, *arguments: object) -> str:
        return _output(*self.command(*arguments), env=_ISOLATED)


@dataclass(frozen=True)
class Container:
    """A container that can run commands as the image's user."""

    buildah: Buildah
    image: str
    name: str
    variables: Sequence[str]

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the container and wait until it ends."""
        return subprocess.run(  # noqa: S603 - our own images
            self._command(command), env=_ISOLATED, capture_output=True, text=True, check=False
        )

    @contextmanager
    def started(self, *, healthy_seconds: float) -> Generator[None]:
        """Start the image's own command and wait until its health check passes.

        Raises RuntimeError if the command ends or takes too long before the health check passes.
        """
        config = self.buildah.config(self.image)
        command, check = config["Cmd"], config["Healthcheck"]["Test"][1:]  # pyright: ignore[reportIndexIssue, reportUnknownVariableType]
        process = subprocess.Popen(  # noqa: S603 - our own images
            self._command(command),  # pyright: ignore[reportArgumentType]
            env=_ISOLATED,
            start_new_session=True,
        )
        try:
            self._wait_until_healthy(process, check, healthy_seconds)  # pyright: ignore[reportUnknownArgumentType]
            yield
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(STOP_SECONDS)

    def _wait_until_healthy(
        self, process: subprocess.Popen[bytes], check: Sequence[str], seconds: float
    ) -> None:
        deadline = time.monotonic() + seconds
        while self.run(*check).returncode != 0:
            if process.poll() is not None:
                raise RuntimeError(f"{self.image} exited with code {process.returncode}.")
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.image} is not healthy after {seconds} s.")
            time.sleep(1)

    def _command(self, command: Sequence[str]) -> list[str]:
        return self.buildah.command("run", *self.variables, self.name, "--", *command)


_ISOLATED = os.environ | {"BUILDAH_ISOLATION": "chroot"}


def _run(*command: object, env: Mapping[str, str] | None = None) -> None:
    subprocess.run([*map(str, command)], env=env, check=True)  # noqa: S603 - our own commands


def _output(*command: object, env: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(  # noqa: S603 - our own commands
        [*map(str, command)], env=env, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout.strip()
