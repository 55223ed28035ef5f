"""The steps of the workflows are make targets, and their permissions are minimal."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
FILES = sorted([*GITHUB.glob("workflows/*.yml"), *GITHUB.glob("actions/*/action.yml")])
WORKFLOWS = {path.stem: yaml.safe_load(path.read_text()) for path in GITHUB.glob("workflows/*.yml")}
TARGETS = set(re.findall(r"^([a-z-]+):.* ## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
ENVIRONMENTS = ["dev", "staging", "prod"]
APPLYING = [("deploy", "apply"), ("roll-back", "roll-back")]  # workflow, job


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, workflow in WORKFLOWS.items():
        yield from ((f"{name}.{job}", content) for job, content in workflow["jobs"].items())


def steps(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job.get("steps", []) if "run" in step]


@pytest.mark.parametrize(
    "command",
    [("actionlint",), ("zizmor", "--quiet", "--offline", "--min-severity", "medium", ".github")],
    ids=lambda command: command[0],
)
def test_linters_find_nothing(command: tuple[str, ...]) -> None:
    tool = Path(sys.executable).parent / command[0]
    done = subprocess.run(  # noqa: S603 - our own
        [tool, *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_step_is_a_make_target() -> None:
    for name, job in jobs():
        for step in steps(job):
            found = re.fullmatch(r'make ([a-z-]+)( [A-Z]+="\$GITHUB_\w+")*', step)
            assert found, f"{name}: {step}"
            assert found[1] in TARGETS, f"{name}: {step}"


def test_actions_are_pinned_by_commit() -> None:
    for path in FILES:
        for action in re.findall(r"uses: (\S+.*)", path.read_text()):
            assert action.startswith("./") or re.search(r"@[0-9a-f]{40} # v\d", action), path


def test_jobs_have_their_own_permissions_and_a_time_limit() -> None:
    for name, workflow in WORKFLOWS.items():
        assert workflow["permissions"] == {}, name
    for name, job in jobs():
        assert job["permissions"]["contents"] == "read", name
        assert set(job["permissions"]) <= {"contents", "id-token", "attestations"}, name
        assert "uses" in job or job["timeout-minutes"] <= 120, name


def test_the_check_of_a_change_includes_every_test() -> None:
    run = {step for job in WORKFLOWS["check"]["jobs"].values() for step in steps(job)}

    assert {"make test", "make scan", "make policies", "make sbom", "make bundle"} <= run


def test_an_apply_needs_an_approved_plan_and_is_tested() -> None:
    plan, apply = (WORKFLOWS["deploy"]["jobs"][name] for name in ("plan", "apply"))

    assert plan["uses"] == "./.github/workflows/plan.yml"
    assert WORKFLOWS["plan"]["jobs"]["plan"]["environment"] == "${{ inputs.environment }}-plan"
    assert apply["needs"] == "plan"
    assert apply["environment"] == "${{ inputs.environment }}"
    assert apply["env"]["APPROVED"] == "${{ needs.plan.outputs.code }}"
    assert [step.split()[1] for step in steps(apply)] == [
        "live-versions",
        "apply",
        "deploy-azure",
        "smoke",
        "roll-back",
    ]


def test_only_the_deployment_of_the_run_is_rolled_back() -> None:
    apply = WORKFLOWS["deploy"]["jobs"]["apply"]["steps"]
    outputs = {
        f"steps.{step['id']}.outputs.release"
        for step in apply
        if re.fullmatch(
            r'make (live-versions|deploy-azure) OUTPUT="\$GITHUB_OUTPUT"', step.get("run", "")
        )
    }
    last = apply[-1]

    assert last["run"] == "make roll-back"
    assert last["if"].startswith("failure() && steps.smoke.outcome == 'failure' && ")
    assert set(re.findall(r"steps\.\w+\.outputs\.\w+", last["if"])) == outputs
    assert set(re.findall(r"steps\.\w+\.outputs\.\w+", last["env"]["RELEASE"])) == outputs
    by_hand = WORKFLOWS["roll-back"]
    assert by_hand[True]["workflow_dispatch"]["inputs"]["release"]["required"]
    assert by_hand["jobs"]["roll-back"]["env"]["RELEASE"] == "${{ inputs.release }}"


def test_a_deployment_and_a_roll_back_sign_in_again() -> None:
    """A sign-in with GitHub's token expires while an apply or a smoke test runs."""
    apply = WORKFLOWS["deploy"]["jobs"]["apply"]["steps"]
    number = {step["run"].split()[1]: n for n, step in enumerate(apply) if "run" in step}
    for target in ("deploy-azure", "roll-back"):
        assert apply[number[target] - 1]["uses"] == "./.github/actions/sign-in"
    assert apply[-1]["if"] == apply[-2]["if"]


def test_the_sign_in_gets_the_variables_that_it_reads() -> None:
    action = (GITHUB / "actions/sign-in/action.yml").read_text()
    read = set(re.findall(r"\benv\.(\w+)", action))
    signing_in = [
        (name, job)
        for name, job in jobs()
        if any(step.get("uses") == "./.github/actions/sign-in" for step in job.get("steps", []))
    ]

    assert "CLOUD" in read
    assert len(signing_in) == 5
    for name, job in signing_in:
        assert read <= job["env"].keys(), name


def test_a_run_builds_its_bundles_once() -> None:
    assert {name for name, job in jobs() if "make bundle" in steps(job)} == {
        "check.build",
        "nightly.drift",
    }
    assert WORKFLOWS["check"]["jobs"]["plan"]["needs"] == "build"
    transfers = [
        (name, step["uses"].split("@")[0].removeprefix("actions/"))
        for name, job in jobs()
        for step in job.get("steps", [])
        if step.get("with", {}).get("name") == "bundles"
    ]
    assert sorted(transfers) == [
        ("check.build", "upload-artifact"),
        ("deploy.apply", "download-artifact"),
        ("plan.plan", "download-artifact"),
        ("release.build", "download-artifact"),
    ]


def test_a_run_that_changes_an_environment_cancels_no_waiting_run() -> None:
    assert "concurrency" not in WORKFLOWS["release"]
    for name, job in APPLYING:
        assert WORKFLOWS[name]["jobs"][job]["concurrency"] == {
            "group": "deploy-${{ inputs.environment }}",
            "queue": "max",
        }


def test_one_build_is_promoted_from_environment_to_environment() -> None:
    release = WORKFLOWS["release"]["jobs"]
    before = "build"

    assert release["build"]["needs"] == "check"
    for environment in ENVIRONMENTS:
        job = release[environment]
        assert before in job["needs"]
        assert job["uses"] == "./.github/workflows/deploy.yml"
        assert job["with"]["environment"] == environment
        assert job["with"]["image"] == "${{ needs.build.outputs.image }}"
        before = environment
    attested = [step for step in release["build"]["steps"] if "attest" in step.get("uses", "")]
    assert len(attested) == 3
    assert release["build"]["permissions"]["attestations"] == "write"


def test_callers_pass_the_secrets_that_a_workflow_uses() -> None:
    """Otherwise a called workflow can't even read the secrets of its jobs' environments."""
    used = {
        f"./.github/workflows/{path.name}": set(re.findall(r"secrets\.(\w+)", path.read_text()))
        for path in GITHUB.glob("workflows/*.yml")
    }
    for name, job in jobs():
        if "uses" in job:
            callee = WORKFLOWS[Path(job["uses"]).stem][True]["workflow_call"] or {}
            expected = used[job["uses"]]
            assert set(callee.get("secrets", {})) == expected, name
            assert job.get("secrets", {}) == {
                secret: f"${{{{ secrets.{secret} }}}}" for secret in expected
            }, name


def test_only_an_apply_reads_secrets() -> None:
    """The environments of plans have no reviewers."""
    for name, job in jobs():
        if "steps" in job and name != "deploy.apply":
            assert "secrets." not in yaml.safe_dump(job), name
    plans = [job["env"] for _, job in jobs() if job.get("environment", "").endswith("-plan")]
    assert [bool(env["TF_VAR_oidc_client_secret"]) for env in plans] == [True, True]


def test_drift_is_checked_every_night_in_every_environment() -> None:
    triggers = WORKFLOWS["nightly"][True]  # YAML reads the key `on` as a boolean
    drift = WORKFLOWS["nightly"]["jobs"]["drift"]

    assert len(triggers["schedule"]) == 1
    assert drift["strategy"]["matrix"]["environment"] == ENVIRONMENTS
    assert "make drift" in steps(drift)


def test_tools_have_the_projects_versions() -> None:
    tools = (GITHUB / "actions/tools/action.yml").read_text()
    dockerfile = (ROOT / "infra/docker/api.Dockerfile").read_text()

    assert re.findall(r"uv==(\S+)", tools) == re.findall(r"uv==(\S+)", dockerfile)


@pytest.mark.parametrize("root", ["aws", "azure"])
def test_providers_are_pinned_exactly(root: str) -> None:
    text = (ROOT / f"infra/terraform/{root}/terraform.tf").read_text()
    versions = re.findall(r'version += "([^"]+)"', text.split("required_providers")[1])

    assert versions
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions)
