"""The chart's options change the manifests as values.yaml says."""

from typing import Any

import helm_python
import pytest

from scripts.pipeline.policies import merged
from tests.infra.test_helm_chart import CHART, SETS, Manifest, of, pods, rendered

DIGEST = f"sha256:{'1' * 64}"
TERM = {"matchExpressions": [{"key": "pool", "operator": "In", "values": ["analytics"]}]}
AFFINITY = {
    "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [TERM]}
    }
}
HEADERS = {"secretKeyRef": {"name": "otlp", "key": "headers"}}
ENV = [{"name": "OTEL_EXPORTER_OTLP_HEADERS", "valueFrom": HEADERS}]


@pytest.fixture(scope="module")
def chart() -> Any:
    return helm_python.Chart.load(str(CHART))


def manifests(chart: Any, change: Manifest, base: str = "azure") -> list[Manifest]:
    return rendered(chart, merged(SETS[base], change))


def template(found: list[Manifest], component: str) -> Manifest:
    return of(found, "Deployment")[f"analytics-{component}"]["spec"]["template"]


@pytest.mark.parametrize("component", ["api", "app"])
def test_pods_can_be_adapted_to_a_cluster(chart: Any, component: str) -> None:
    own = {
        "podAnnotations": {"example.com/team": "analytics"},
        "extraEnv": ENV,
        "affinity": AFFINITY,
        "priorityClassName": "important",
    }
    found = template(manifests(chart, {component: own}), component)
    other = template(manifests(chart, {}), component)

    assert found["metadata"]["annotations"]["example.com/team"] == "analytics"
    assert found["spec"]["containers"][0]["env"] == ENV
    assert found["spec"]["affinity"] == AFFINITY
    assert found["spec"]["priorityClassName"] == "important"
    assert not {"affinity", "priorityClassName"} & other["spec"].keys()


def test_images_come_from_a_private_registry_by_digest(chart: Any) -> None:
    change = {
        "imagePullSecrets": [{"name": "registry"}],
        "api": {"image": {"repository": "registry.example.com/api", "digest": DIGEST}},
    }
    found = manifests(chart, change)

    for pod in pods(found):
        assert pod["imagePullSecrets"] == [{"name": "registry"}]
    images = {container["image"] for pod in pods(found) for container in pod["containers"]}
    assert f"registry.example.com/api@{DIGEST}" in images
    assert all("@sha256:" in image for image in images)


def test_a_gateway_serves_both_hosts(chart: Any) -> None:
    found = manifests(chart, {})
    routes = of(found, "HTTPRoute")

    assert not of(found, "Ingress")
    for component in ("api", "app"):
        spec = routes[f"analytics-{component}"]["spec"]
        assert spec["parentRefs"] == [{"name": "public", "namespace": "gateways"}]
        assert spec["hostnames"] == [SETS["azure"]["hosts"][component]]
        (backend,) = spec["rules"][0]["backendRefs"]
        port = of(found, "Service")[backend["name"]]["spec"]["ports"][0]["port"]
        assert (backend["name"], backend["port"]) == (f"analytics-{component}", port)


def test_an_ingress_serves_both_hosts_instead(chart: Any) -> None:
    change = {
        "httpRoute": {"enabled": False},
        "ingress": {"enabled": True, "className": "internal", "tlsSecret": "certificate"},
    }
    found = manifests(chart, change)

    assert not of(found, "HTTPRoute")
    for name, ingress in of(found, "Ingress").items():
        host = SETS["azure"]["hosts"][name.removeprefix("analytics-")]
        assert ingress["spec"]["ingressClassName"] == "internal"
        assert ingress["spec"]["rules"][0]["host"] == host
        assert ingress["spec"]["tls"] == [{"hosts": [host], "secretName": "certificate"}]


def test_only_the_gateways_namespace_may_connect(chart: Any) -> None:
    for policy in of(manifests(chart, {}), "NetworkPolicy").values():
        gateways, own = policy["spec"]["ingress"][0]["from"]
        assert gateways["namespaceSelector"]["matchLabels"] == {
            "kubernetes.io/metadata.name": "gateways"
        }
        assert "podSelector" in own


def test_a_collector_and_an_identity_provider_are_opened_by_value(chart: Any) -> None:
    collector = {"port": 4318, "namespace": "observability"}
    provider = {"port": 8443, "cidr": "10.0.8.0/24"}
    change = {
        "networkPolicy": {"egress": [collector, provider]},
        "api": {
            "settings": {
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector.observability:4318",
                "ANALYTICS_OIDC_JWKS_URL": "https://login.example.com:8443/keys",
            }
        },
    }
    for policy in of(manifests(chart, change), "NetworkPolicy").values():
        opened = {
            rule["ports"][0]["port"]: rule.get("to") for rule in policy["spec"]["egress"] if rule
        }
        assert opened[8443] == [{"ipBlock": {"cidr": "10.0.8.0/24"}}]
        (to,) = opened[4318]
        assert to["namespaceSelector"]["matchLabels"] == {
            "kubernetes.io/metadata.name": "observability"
        }
        assert opened[443] is None


def test_a_closed_port_is_explained(chart: Any) -> None:
    change = {"api": {"settings": {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector"}}}

    with pytest.raises(helm_python.HelmError, match=r"uses port 80, .*networkPolicy\.egress"):
        manifests(chart, change)
    assert manifests(chart, change | {"networkPolicy": {"enabled": False}})


def test_pods_restart_when_their_secret_is_another(chart: Any) -> None:
    def checksum(secret: Manifest) -> str:
        found = template(manifests(chart, {"app": {"secret": secret}}), "app")
        return found["metadata"]["annotations"]["checksum/secret"]

    keys = {"external": {"keys": {"ANALYTICS_SESSION_SECRET": "other"}}}
    assert len({checksum({}), checksum(keys), checksum({"existing": "dashboard"})}) == 3


def test_reloader_restarts_pods_when_their_secret_changes(chart: Any) -> None:
    def reloads(change: Manifest) -> dict[str, str | None]:
        found = of(manifests(chart, change, "aws"), "Deployment")
        return {
            name: one["metadata"]["annotations"].get("secret.reloader.stakater.com/reload")
            for name, one in found.items()
        }

    assert reloads({"reloader": {"enabled": True}}) == {
        "analytics-api": None,  # it has no Secret
        "analytics-app": "analytics-dashboard",
    }
    assert not any(reloads({}).values())


def test_manifests_name_their_namespace(chart: Any) -> None:
    assert {one["metadata"]["namespace"] for one in manifests(chart, {})} == {"analytics"}
