"""The pipeline reads Terraform's outputs only of the environment that it is run for."""

import pytest

from api.cli.errors import Failure
from scripts.pipeline import smoke
from scripts.pipeline.outputs import outputs
from tests.infra.terraform import Terraform

CLOUDS = ("aws", "azure")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_cloud_states_the_environment_of_its_state(terraform: Terraform, cloud: str) -> None:
    assert terraform.applied(cloud, "prod").outputs["environment"] == "prod"


@pytest.mark.usefixtures("initialised_for_dev")
@pytest.mark.parametrize("cloud", CLOUDS)
def test_another_environment_is_refused(
    cloud: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smoke, "PATIENCE_SECONDS", 0)

    assert smoke.main([cloud, "prod"]) == 2
    error = capsys.readouterr().err
    assert "initialised for dev, not for prod" in error
    assert f"infra/terraform/{cloud} init -reconfigure" in error
    assert smoke.main([cloud, "dev"]) == 1  # nothing listens at the address


@pytest.mark.usefixtures("initialised_for_dev")
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_missing_output_is_an_error(cloud: str) -> None:
    with pytest.raises(Failure, match=f"no output dashboard_url. Run `.*/{cloud} apply "):
        outputs(cloud, "dev", "dashboard_url")
