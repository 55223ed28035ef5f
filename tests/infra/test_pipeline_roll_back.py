"""A roll-back on AWS returns to the versions that were live before a deployment."""

from pathlib import Path
from typing import Any

import pytest

from api.cli.errors import Failure
from scripts.pipeline import roll_back_aws
from scripts.pipeline.roll_back_aws import record, restore


class Lambda:
    """The calls of Lambda's client that a roll-back makes."""

    def __init__(self, live: dict[str, str]) -> None:
        self.live = live

    def list_aliases(self, FunctionName: str) -> dict[str, Any]:  # noqa: N803 - botocore's names
        version = self.live.get(FunctionName)
        others = [{"Name": "other", "FunctionVersion": "9"}]
        return {"Aliases": others + [{"Name": "live", "FunctionVersion": version}] * bool(version)}

    def update_alias(self, FunctionName: str, Name: str, FunctionVersion: str) -> None:  # noqa: N803
        assert Name == "live"
        self.live[FunctionName] = FunctionVersion


def test_a_roll_back_undoes_only_its_deployment() -> None:
    client = Lambda({"query": "2", "ingest": "5", "old": "2", "deleted": "1"})
    release = record(client, client.live)
    del client.live["deleted"]
    client.live |= {"query": "3", "ingest": "6", "new": "1"}

    assert restore(client, client.live, release) == {"query": "2", "ingest": "5"}
    assert client.live == {"query": "2", "ingest": "5", "old": "2", "new": "1"}


@pytest.mark.parametrize(
    ("release", "message"),
    [
        ("", "State the release"),
        ("query:2", "runs its recorded version"),
        ("prod-query:1", "none of the functions"),
        ("a release of Azure", "none of the functions"),
    ],
)
def test_a_release_that_can_not_be_undone_is_refused(release: str, message: str) -> None:
    client = Lambda({"query": "2"})

    with pytest.raises(Failure, match=message):
        restore(client, client.live, release)
    assert client.live == {"query": "2"}


@pytest.mark.usefixtures("initialised_for_dev")
def test_a_deployment_is_recorded_and_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    client = Lambda({"dev-query": "1", "dev-ingest": "4", "prod-query": "8"})
    monkeypatch.setattr(roll_back_aws, "_client", lambda: client)
    output = tmp_path / "output"

    assert roll_back_aws.main(["record", "dev", f"--output={output}"]) == 0
    assert output.read_text() == "release=dev-query:1,dev-ingest:4\n"
    client.live |= {"dev-query": "2"}
    release = output.read_text().strip().removeprefix("release=")
    assert roll_back_aws.main(["restore", "prod", f"--release={release}"]) == 2
    assert "initialised for dev, not for prod" in capsys.readouterr().err
    assert roll_back_aws.main(["restore", "dev", f"--release={release}"]) == 0
    assert client.live["dev-query"] == "1"
    assert roll_back_aws.main(["restore", "dev", f"--release={release}"]) == 2
    assert "nothing was rolled back" in capsys.readouterr().err
