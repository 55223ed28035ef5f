"""Front Door serves the API and the dashboard, and the gateway accepts only its requests."""

import json
import re

import pytest

from tests.infra.azure_resources import Resources
from tests.infra.gateway import Call, Gateway, Headers, Response, parsed
from tests.infra.plan import Plan
from tests.infra.terraform import Terraform
from tests.infra.test_azure_deployers import test_the_role_permits_every_resource_of_the_plan

API, APP = "api.example.com", "app.example.com"
OPTION = f'-var=front_door={{api_host="{API}",dashboard_host="{APP}",tier="Premium"}}'
LOST, NEW = "swedencentral", "northeurope"


@pytest.fixture(scope="module")
def plan(terraform: Terraform) -> Plan:
    root = terraform.root("azure")
    root.apply("prod", OPTION)
    return root.plan("prod", OPTION)


@pytest.fixture(scope="module")
def fronted(plan: Plan) -> Resources:
    return Resources.after_apply(plan)


@pytest.fixture(scope="module")
def second(plan: Plan, terraform: Terraform) -> Plan:
    """Plan a second copy in the other region."""
    del plan  # the first copy exists
    root = terraform.root("azure")
    root.edit("environments/prod.tfvars", f'"{NEW}"', f'"{LOST}"')
    return root.plan("prod", OPTION, "-var=copy=2", f"-var=location={NEW}")


def test_the_names_are_those_of_the_issuer_and_of_the_dashboard(plan: Plan, fronted: Resources):
    settings = fronted.of("function_app_flex_consumption")["issue_token"]["app_settings"]
    policies = fronted.each("api_management_api_operation_policy")
    issuers = {i for p in policies for i in re.findall(r"<issuer>(.*)</issuer>", p["xml_content"])}
    container = fronted.the("container_app")["template"][0]["container"][0]
    values = {one["name"]: one["value"] for one in container["env"]}

    assert plan.changes == {}
    assert plan.outputs["api_url"] == f"https://{API}"
    assert plan.outputs["dashboard_url"] == f"https://{APP}"
    assert settings["ANALYTICS_JWT_ISSUER"] == f"https://{API}"
    assert issuers == {f"https://{API}"}
    assert values["ANALYTICS_DASHBOARD_URL"] == f"https://{APP}"
    assert values["ANALYTICS_PUBLIC_API_URL"] == f"https://{API}"
    assert f"<origin>https://{APP}</origin>" in fronted.the("api_management_policy")["xml_content"]


def test_each_name_leads_to_its_origin_over_tls(fronted: Resources):
    groups = fronted.of("cdn_frontdoor_origin_group")
    origins, domains = fronted.of("cdn_frontdoor_origin"), fronted.of("cdn_frontdoor_custom_domain")
    gateway = fronted.the("api_management")["name"]

    assert {name: domain["host_name"] for name, domain in domains.items()} == {
        "api": API,
        "dashboard": APP,
    }
    assert origins["api"]["host_name"] == f"{gateway}.azure-api.net"
    assert origins["dashboard"]["host_name"].startswith("ca-dashboard-prod.")
    for name, route in fronted.of("cdn_frontdoor_route").items():
        assert route["cdn_frontdoor_custom_domain_ids"] == [domains[name]["id"]]
        assert route["cdn_frontdoor_origin_group_id"] == groups[name]["id"]
        assert origins[name]["cdn_frontdoor_origin_group_id"] == groups[name]["id"]
        assert origins[name]["origin_host_header"] == origins[name]["host_name"]
        assert origins[name]["certificate_name_check_enabled"] is True
        assert (route["forwarding_protocol"], route["https_redirect_enabled"]) == (
            "HttpsOnly",
            True,
        )
        assert not route["cache"]
        assert route["link_to_default_domain"] is False


def test_a_firewall_protects_both_names(fronted: Resources):
    policies = fronted.of("cdn_frontdoor_firewall_policy")
    domains = fronted.of("cdn_frontdoor_custom_domain")
    for name, security in fronted.of("cdn_frontdoor_security_policy").items():
        (firewall,) = security["security_policies"][0]["firewall"]
        (rule,) = policies[name]["custom_rule"]

        assert firewall["cdn_frontdoor_firewall_policy_id"] == policies[name]["id"]
        assert (
            firewall["association"][0]["domain"][0]["cdn_frontdoor_domain_id"]
            == (domains[name]["id"])
        )
        assert policies[name]["mode"] == "Prevention"
        assert (rule["type"], rule["action"], rule["rate_limit_threshold"]) == (
            "RateLimitRule",
            "Block",
            1200,
        )
        assert rule["match_condition"][0]["match_variable"] == "SocketAddr"
    managed = {name: len(policy["managed_rule"]) for name, policy in policies.items()}
    assert managed == {"api": 0, "dashboard": 2}  # events contain any text


def call(**headers: str) -> Call:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return Call("POST", Headers(given | {"Content-Length": "2"}))


def test_the_gateway_accepts_only_requests_of_this_front_door(fronted: Resources):
    service = parsed(fronted.the("api_management_policy")["xml_content"])
    operation = fronted.of("api_management_api_operation_policy")["issue_token"]
    gateway = Gateway(service, parsed(operation["xml_content"]), lambda _: Response(200))
    profile = fronted.the("cdn_frontdoor_profile")["resource_guid"]
    accepted = call(X_Azure_FDID=profile, X_Azure_SocketIP="198.51.100.7", X_Forwarded_For="::1")

    assert gateway.handle(accepted).status == 200
    assert accepted.headers["x-forwarded-for"] == "198.51.100.7"
    assert accepted.counters == ["198.51.100.7"]
    for refused in (call(), call(X_Azure_FDID="another")):
        response = gateway.handle(refused)
        assert (response.status, json.loads(response.body)["code"]) == (404, "not_found")
        assert refused.counters == []


def test_the_readers_of_the_output_know_which_records_to_create(plan: Plan):
    records = plan.outputs["dns_records"]

    assert set(records) == {API, APP, f"_dnsauth.{API}", f"_dnsauth.{APP}"}
    assert records[API].startswith("CNAME ")
    assert records[f"_dnsauth.{API}"].startswith("TXT ")


def test_deployers_may_create_front_door(fronted: Resources):
    test_the_role_permits_every_resource_of_the_plan(fronted)


def test_a_second_copy_takes_over_the_names(second: Plan):
    """The domains can't be in two profiles, so the profile is imported, with new origins."""
    changes = {
        change["address"]: change["change"]
        for change in second.json["resource_changes"]
        if "cdn_frontdoor" in change["address"]
    }
    changed = {a: c["actions"] for a, c in changes.items() if c["actions"] != ["no-op"]}

    assert all("importing" in change for change in changes.values())
    assert len(changes) == 14
    assert changed == {
        f'azurerm_cdn_frontdoor_origin.this["{name}"]': ["update"] for name in ("api", "dashboard")
    }
    assert second.outputs["api_url"] == f"https://{API}"
