"""`make init`, `plan`, `apply` and `drift`: run Terraform for one environment of one cloud.

`plan` prints an approval code, which identifies the planned changes. `apply` plans again and
applies the plan only if it has the approved code, so exactly the approved changes are made. No plan
file leaves the machine, because a plan file may contain secrets.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from scripts.pipeline.outputs import ROOTS

PLAN = "pipeline.tfplan"
CHANGED = 2  # the exit code of `terraform plan -detailed-exitcode` if the plan has changes
UNLOCKED = "-lock=false"  # a lock is written next to the state, which a reading identity can't do


@dataclass(frozen=True, slots=True)
class Environment:
    """One environment of a Terraform root."""

    root: Path
    name: str
    image: str  # of the dashboard, by digest; empty: the one of the last apply

    def init(self) -> None:
        self._run(
            *("init", "-input=false", "-reconfigure"),
            f"-backend-config=environments/{self.name}.backend.hcl",
        )

    def plan(self, *options: str) -> tuple[str, str]:
        """Plan, and return the plan as text and its approval code."""
        self._run("plan", *self._inputs(), f"-out={PLAN}", *options)
        text = self._output("show", "-no-color", PLAN)
        return text, code_of(json.loads(self._output("show", "-json", PLAN)))

    def apply(self) -> None:
        """Apply the plan of the last call of `plan`."""
        self._run("apply", "-input=false", PLAN)

    def has_drifted(self) -> bool:
        """Return whether something changed the environment outside Terraform."""
        arguments = ("plan", "-refresh-only", "-detailed-exitcode", UNLOCKED, *self._inputs())
        done = subprocess.run(self._command(*arguments), check=False)  # noqa: S603 - our own command
        if done.returncode not in (0, CHANGED):
            sys.exit(done.returncode)
        return done.returncode == CHANGED

    def _inputs(self) -> tuple[str, ...]:
        return ("-input=false", f"-var-file=environments/{self.name}.tfvars", *self._image())

    def _image(self) -> tuple[str, ...]:
        image = self.image or self._running_image()
        return (f"-var=dashboard_image={image}",) if image else ()

    def _running_image(self) -> str:
        """Return the image of the last apply, or "" before the first one."""
        outputs = json.loads(self._output("output", "-json"))
        return outputs.get("dashboard_image", {}).get("value") or ""

    def _command(self, *arguments: str) -> list[str]:
        return ["terraform", f"-chdir={self.root}", *arguments]

    def _run(self, *arguments: str) -> None:
        done = subprocess.run(self._command(*arguments), check=False)  # noqa: S603 - our own command
        if done.returncode != 0:
            sys.exit(done.returncode)

    def _output(self, *arguments: str) -> str:
        command = self._command(*arguments)
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603 - our own command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one step, and return the exit code."""
    parser = argparse.ArgumentParser(prog="make plan", description=__doc__)
    parser.add_argument("step", choices=["init", "plan", "apply", "drift"])
    parser.add_argument("cloud", choices=["azure", "aws"])
    parser.add_argument("environment", choices=["dev", "staging", "prod"])
    parser.add_argument("--image", default="", help="the dashboard's image by digest")
    parser.add_argument("--approved", default="", help="the approval code of the plan to apply")
    parser.add_argument("--summary", type=Path, help="append the plan to this Markdown file")
    parser.add_argument("--output", type=Path, help="append `code=…` to this file")
    parser.add_argument("--roots", type=Path, default=ROOTS)
    options = parser.parse_args(arguments)
    environment = Environment(options.roots / options.cloud, options.environment, options.image)
    environment.init()
    if options.step == "init":
        return 0
    if options.step == "drift":
        return int(environment.has_drifted())
    if options.step == "plan":
        _report(options, *environment.plan(UNLOCKED))
        return 0
    _, code = environment.plan()
    if code != options.approved:
        print(
            f"The plan has the code {code}, not the approved {options.approved!r}.", file=sys.stderr
        )
        return 1
    environment.apply()
    return 0


def code_of(plan: Mapping[str, Any]) -> str:
    """Return a code that identifies the changes of a plan, with the values that they would replace.

    After a newer release was applied, the plan of an older release therefore has another code.
    """
    kept = [
        [change["address"], *(change["change"].get(key) for key in ("actions", "before", "after"))]
        for change in plan.get("resource_changes", [])
        if change["change"]["actions"] not in (["no-op"], ["read"])
    ]
    return sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:16]


def _report(options: argparse.Namespace, text: str, code: str) -> None:
    name = f"{options.cloud} {options.environment}"
    print(f"The approval code of the plan is {code}.")
    if options.summary:
        with options.summary.open("a") as file:
            file.write(f"## Plan of {name}, code {code}\n\n```\n{text}\n```\n")
    if options.output:
        with options.output.open("a") as file:
            file.write(f"code={code}\n")


if __name__ == "__main__":
    sys.exit(main())
