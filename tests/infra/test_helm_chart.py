"""The Helm chart, rendered with the values in examples/, follows the rules for pods."""

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import helm_python
import kubernetes_validate
import pytest
import yaml

from api.settings import Settings, variable
from scripts.pipeline.policies import merged

ROOT = Path(__file__).parents[2]
CHART = ROOT / "infra/helm/analytics-platform"
KUBERNETES = "1.34"
EXAMPLES = {path.stem: yaml.safe_load(path.read_text()) for path in CHART.glob("examples/*.yaml")}
# Terraform's output `chart_values` per cloud; test_chart_values.py compares it with Terraform.
TERRAFORM = json.loads((Path(__file__).parent / "chart_values.json").read_text())
SHARED = (
    "ANALYTICS_ENV",
    "ANALYTICS_OIDC_AUDIENCE",
    "ANALYTICS_OIDC_ISSUER",
    "ANALYTICS_SIGN_UP",
)
CUSTOM = {"ExternalSecret", "HTTPRoute"}  # custom resources, which have no Kubernetes schema
APP_SETTINGS = ROOT / "src/app/server/settings.ts"

type Manifest = dict[str, Any]


SETS = {name: merged(TERRAFORM.get(name, {}), example) for name, example in EXAMPLES.items()}


@pytest.fixture(scope="module")
def chart() -> Any:
    return helm_python.Chart.load(str(CHART))


def rendered(chart: Any, values: Manifest) -> list[Manifest]:
    documents: dict[str, str] = chart.render(values, name="analytics", namespace="analytics")
    return [
        manifest
        for path, document in documents.items()
        if path.endswith(".yaml")
        for manifest in yaml.safe_load_all(document)
        if manifest
    ]


@pytest.fixture(params=sorted(SETS))
def manifests(request: pytest.FixtureRequest, chart: Any) -> list[Manifest]:
    return rendered(chart, SETS[request.param])


def of(manifests: list[Manifest], kind: str) -> dict[str, Manifest]:
    return {found["metadata"]["name"]: found for found in manifests if found["kind"] == kind}


def pods(manifests: list[Manifest]) -> Iterator[Manifest]:
    yield from (found["spec"]["template"]["spec"] for found in of(manifests, "Deployment").values())
    yield from (found["spec"] for found in of(manifests, "Pod").values())


@pytest.mark.parametrize("name", sorted(SETS))
def test_helm_lint_passes(name: str) -> None:
    found = helm_python.lint(str(CHART), values=SETS[name])

    assert [message["error"] for message in found["messages"]] == ["icon is recommended"]


def test_manifests_match_the_kubernetes_schemas(manifests: list[Manifest]) -> None:
    for manifest in manifests:
        if manifest["kind"] not in CUSTOM:
            kubernetes_validate.validate(manifest, KUBERNETES, strict=True)
    assert {"Deployment", "Service", "ConfigMap", "NetworkPolicy", "ServiceAccount"} <= {
        manifest["kind"] for manifest in manifests
    }


def test_pods_have_minimal_privileges(manifests: list[Manifest]) -> None:
    for pod in pods(manifests):
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            security = container["securityContext"]
            assert security["readOnlyRootFilesystem"] is True
            assert security["allowPrivilegeEscalation"] is False
            assert security["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}
            assert "memory" in container["resources"]["limits"]


def test_servers_have_probes(manifests: list[Manifest]) -> None:
    for deployment in of(manifests, "Deployment").values():
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        assert container["readinessProbe"]["httpGet"]["path"] == "/healthz"
        assert {"startupProbe", "livenessProbe"} <= container.keys()


def test_selectors_match_pods(manifests: list[Manifest]) -> None:
    deployments = of(manifests, "Deployment")
    assert deployments.keys() == {"analytics-api", "analytics-app"}
    for name, deployment in deployments.items():
        labels = deployment["spec"]["template"]["metadata"]["labels"].items()
        assert deployment["spec"]["selector"]["matchLabels"].items() <= labels
        assert of(manifests, "Service")[name]["spec"]["selector"].items() <= labels
        policy = of(manifests, "NetworkPolicy")[name]["spec"]
        assert policy["podSelector"]["matchLabels"].items() <= labels
        assert policy["policyTypes"] == ["Ingress", "Egress"]
        assert name in of(manifests, "ServiceAccount")
    for name, scaler in of(manifests, "HorizontalPodAutoscaler").items():
        assert scaler["spec"]["scaleTargetRef"]["name"] == name
        assert "replicas" not in deployments[name]["spec"]
        assert name in of(manifests, "PodDisruptionBudget")


def test_pods_and_config_maps_contain_no_secrets(manifests: list[Manifest]) -> None:
    secret = re.compile(r"_(KEY|SECRET|PASSWORD|TOKEN)$")
    for pod in pods(manifests):
        assert not any("env" in container for container in pod["containers"])
    for settings in of(manifests, "ConfigMap").values():
        names = [
            name for name in settings["data"] if name != "ANALYTICS_SIGNING_KEY"
        ]  # the name of a key
        assert not any(secret.search(name) for name in names)
    (app,) = of(manifests, "Deployment")["analytics-app"]["spec"]["template"]["spec"]["containers"]
    assert any("secretRef" in source for source in app["envFrom"])


def test_the_programs_read_every_setting(manifests: list[Manifest]) -> None:
    api = {variable(name) for name in Settings.__dataclass_fields__}
    app = {
        f"ANALYTICS_{name}" for name in re.findall(r'value\("(\w+)"\)', APP_SETTINGS.read_text())
    }
    configs = of(manifests, "ConfigMap")
    assert configs["analytics-api"]["data"].keys() <= api | {"AWS_REGION"}
    assert configs["analytics-app"]["data"].keys() <= app | {"PORT"}


@pytest.mark.parametrize("name", ["azure", "aws"])
def test_the_settings_for_a_cloud_are_valid(chart: Any, name: str) -> None:
    settings = of(rendered(chart, SETS[name]), "ConfigMap")["analytics-api"]["data"]

    assert (
        Settings.from_environment(settings).env
        == TERRAFORM[name]["api"]["settings"]["ANALYTICS_ENV"]
    )


@pytest.mark.parametrize("name", ["azure", "aws"])
def test_names_of_the_cloud_are_only_in_terraforms_outputs(name: str) -> None:
    """Check that an example contains only what its operator decides: hosts, images and Secrets."""
    example = EXAMPLES[name]

    hosts = {f"https://{host}" for host in example["hosts"].values()} | {"true"}
    for component in ("api", "app"):
        assert set(example[component]["settings"].values()) <= hosts
        assert (
            not example[component]["settings"].keys()
            & TERRAFORM[name][component]["settings"].keys()
        )
        assert "serviceAccount" not in example[component]


@pytest.mark.parametrize("name", ["azure", "aws"])
def test_the_chart_has_every_setting_of_the_functions(name: str) -> None:
    file = ROOT / f"infra/terraform/{name}/main.function_settings.tf"
    functions = set(re.findall(r"\b(ANALYTICS_\w+) +=", file.read_text()))
    elsewhere = {
        "ANALYTICS_AZURE_CLIENT_ID",  # the service account's identity is the pods' default
        "ANALYTICS_JWKS_URL",  # the API verifies tokens with its own keys
    }

    assert functions - elsewhere <= SETS[name]["api"]["settings"].keys()


def test_dashboard_and_api_have_the_same_provider_and_addresses(chart: Any) -> None:
    for name in ("azure", "aws"):
        configs = of(rendered(chart, SETS[name]), "ConfigMap")
        api, app = (configs[f"analytics-{part}"]["data"] for part in ("api", "app"))
        for variable_ in SHARED:
            assert api[variable_] == app[variable_]
        assert app["ANALYTICS_PUBLIC_API_URL"] == api["ANALYTICS_JWT_ISSUER"]
        assert app["ANALYTICS_DASHBOARD_URL"] == api["ANALYTICS_CORS_ORIGINS"]


def test_the_demo_is_a_single_pod_with_its_own_data(chart: Any) -> None:
    manifests = rendered(chart, SETS["demo"])
    spec = of(manifests, "Deployment")["analytics-api"]["spec"]

    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
    assert {
        settings["data"]["ANALYTICS_ENV"] for settings in of(manifests, "ConfigMap").values()
    } == {"local"}
    assert "analytics-api" in of(manifests, "PersistentVolumeClaim")
    assert "analytics-api" not in of(manifests, "HorizontalPodAutoscaler")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("api.replica", 3),
        ("api.port", 80),
        ("api.image.tag", "latest"),
        ("api.settings.ANALYTICS_COSMOS_KEY", "secret"),
        ("app.settings.ANALYTICS_SESSION_SECRET", "secret"),
        ("app.settings.DEBUG", "1"),
        ("app.secret", {}),
        ("api.settings", {}),
        ("hosts.api", "https://api.example.com"),
        ("hosts.app", ""),
        ("httpRoute.parentRefs", []),
        ("networkPolicy.ingressNamespaces", []),
        ("networkPolicy.egress", [{"port": 0}]),
        ("api.image.digest", "sha256:short"),
        ("api.extraEnv", [{"name": "ANALYTICS_CURSOR_SECRET", "value": "secret"}]),
        ("imagePullSecrets", ["registry"]),
        ("api.settings.OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.observability:4318"),
        ("api.settings.ANALYTICS_OIDC_JWKS_URL", "https://login.example.com:8443/keys"),
        ("demo.storageSize", "much"),
    ],
)
def test_invalid_values_are_rejected(chart: Any, path: str, value: object) -> None:
    values = copy.deepcopy(SETS["azure"])
    *parents, last = path.split(".")
    place = values
    for parent in parents:
        place = place.setdefault(parent, {})
    place[last] = value
    if path in ("app.secret", "api.settings"):  # the values are merged with the defaults
        place[last] = None if path == "api.settings" else {"external": {"store": ""}}

    with pytest.raises(helm_python.HelmError):
        rendered(chart, values)
