"""`make scan`: fail if a locked package of Python or npm has a known vulnerability.

infra/vulnerabilities.toml lists accepted vulnerabilities, each with a reason and a last day. A scan
that can't be completed also fails.
"""

import argparse
import json
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
ACCEPTED = ROOT / "infra/vulnerabilities.toml"
ACCEPTED_DAYS_MAX = 90

type Report = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """A known vulnerability of a locked package."""

    ids: frozenset[str]  # of all databases
    package: str
    title: str
    fix: str

    def __str__(self) -> str:
        return f"{self.package}: {', '.join(sorted(self.ids))}: {self.title} ({self.fix})"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A vulnerability that is accepted for a reason until a day."""

    id: str
    reason: str
    until: date


def main(arguments: Sequence[str] | None = None) -> int:
    """Scan, print what violates the policy, and return the exit code."""
    parser = argparse.ArgumentParser(prog="make scan", description=__doc__)
    parser.add_argument("--accepted", type=Path, default=ACCEPTED)
    parser.add_argument("--python-service", metavar="URL", help="another OSV service")
    parser.add_argument("--npm-service", metavar="URL", help="another npm registry")
    options = parser.parse_args(arguments)
    found = [*of_python(options.python_service), *of_npm(options.npm_service)]
    violations = judge(found, read(options.accepted), datetime.now(UTC).date())
    print(*violations or [f"No violation of the policy in {len(found)} findings."], sep="\n")
    return 1 if violations else 0


def judge(found: Sequence[Finding], accepted: Sequence[Accepted], today: date) -> list[str]:
    """Return one line per violation of the policy."""
    known = {one.id for one in accepted}
    used = frozenset[str]().union(*(finding.ids for finding in found))
    last = today + timedelta(days=ACCEPTED_DAYS_MAX)
    rules: Mapping[str, Callable[[Accepted], bool]] = {
        "Accepted until a day that is over": lambda one: one.until < today,
        f"Accepted for more than {ACCEPTED_DAYS_MAX} days": lambda one: one.until > last,
        "Accepted without a reason": lambda one: not one.reason.strip(),
        "No longer found, so remove the acceptance": lambda one: one.id not in used,
    }
    return [
        *(f"Vulnerable: {finding}" for finding in found if not finding.ids & known),
        *(f"{rule}: {one.id}" for rule, breaks in rules.items() for one in accepted if breaks(one)),
    ]


def read(path: Path) -> list[Accepted]:
    return [Accepted(**entry) for entry in tomllib.loads(path.read_text()).get("accepted", [])]


def of_python(service: str | None) -> Iterator[Finding]:
    """Yield the findings of `uv audit` for all packages in uv.lock."""
    command = ["uv", "audit", "--frozen", "--output-format", "json"]
    report = _report([*command, *(["--service-url", service] if service else [])])
    for one in _list(report, "vulnerabilities"):
        package = one["dependency"]
        fixes = ", ".join(one["fix_versions"]) or "none"
        yield Finding(
            frozenset({one["id"], *one["aliases"]}),
            f"{package['name']} {package['version']}",
            one["summary"] or "",
            f"fixed in: {fixes}",
        )


def of_npm(service: str | None) -> Iterator[Finding]:
    """Yield the findings of `npm audit` for all packages in package-lock.json."""
    command = [
        "npm",
        "audit",
        "--json",
        "--fetch-retries=1",
        *([f"--registry={service}"] if service else []),
    ]
    report = _report(command)
    if "auditReportVersion" not in report:
        sys.exit(f"The scan of the npm packages failed: {report.get('message', report)}")
    for name, entry in report["vulnerabilities"].items():
        vias: list[str | dict[str, str]] = entry["via"]
        for via in vias:
            if not isinstance(via, str):  # a text is the name of a vulnerable dependency
                advisory = via["url"].rpartition("/")[2]
                fix = "a fix is available" if entry["fixAvailable"] else "no fix"
                yield Finding(frozenset({advisory}), f"{name} {via['range']}", via["title"], fix)


def _list(report: Report, key: str) -> list[Any]:
    if key not in report:
        sys.exit(f"The scan of the Python packages failed: {report}")
    return report[key]


def _report(command: Sequence[str]) -> Report:
    """Return the report of a tool. The tool's exit code isn't zero if it finds something."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own commands
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError:
        sys.exit(f"`{' '.join(command)}` failed: {done.stderr[-2000:]}")


if __name__ == "__main__":
    sys.exit(main())
