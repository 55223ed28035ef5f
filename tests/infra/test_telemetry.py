"""Functions on both clouds get the address of a configured telemetry collector."""

import pytest

from tests.infra.terraform import Terraform

NAMED = '\ntelemetry = { endpoint = "https://collector.example.com" }\n'


@pytest.mark.parametrize("cloud", ["aws", "azure"])
def test_every_function_gets_the_address_of_a_configured_collector(
    terraform: Terraform, cloud: str
):
    root = terraform.root(cloud)
    values = root.path / "environments/staging.tfvars"
    values.write_text(values.read_text() + NAMED)
    settings_by_function = settings_of(root.plan("staging"), cloud)

    assert len(settings_by_function) > 10
    for settings in settings_by_function:
        assert settings["OTEL_EXPORTER_OTLP_ENDPOINT"] == "https://collector.example.com"
        assert settings["OTEL_TRACES_SAMPLER"] == "parentbased_traceidratio"
        assert settings["OTEL_TRACES_SAMPLER_ARG"] == "0.05"


@pytest.mark.parametrize("cloud", ["aws", "azure"])
def test_without_a_collector_functions_get_no_address(terraform: Terraform, cloud: str):
    for settings in settings_of(terraform.applied(cloud, "prod"), cloud):
        assert not [name for name in settings if name.startswith("OTEL_")]


def settings_of(plan, cloud: str) -> list[dict[str, str]]:
    if cloud == "aws":
        functions = plan.of("aws_lambda_function").values()
        return [function["environment"][0]["variables"] for function in functions]
    return [
        app["app_settings"] for app in plan.of("azurerm_function_app_flex_consumption").values()
    ]
