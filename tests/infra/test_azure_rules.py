"""Rules that every Azure environment follows, checked on Terraform's plan."""

import json
import re
from pathlib import Path

import pytest

from tests.infra.azure_resources import Resources, Values

ROOT = Path(__file__).parents[2]
FUNCTIONS = {p.stem for p in (ROOT / "functions").glob("*.py") if not p.stem.startswith("_")}
MANIFEST = json.loads((ROOT / "functions/manifest.json").read_text())
RIGHTS = {function: entry["actions"] for function, entry in MANIFEST.items()}
ACCOUNT = "Microsoft.DocumentDB/databaseAccounts/"
CONTAINER = ACCOUNT + "sqlDatabases/containers/"
NEEDED_BY_THE_DASHBOARD = ("ENV", "API_URL", "DASHBOARD_URL", "SESSION_SECRET", "OIDC_ISSUER")
APP, ROLES = "function_app_flex_consumption", "role_assignment"


def is_open(azure: Resources) -> bool:
    return azure.environment == "dev"


class TestNetwork:
    def test_outside_dev_resources_with_data_or_code_are_private(self, azure):
        kinds = ("cosmosdb_account", "key_vault", "storage_account", APP)
        doors = [v["public_network_access_enabled"] for kind in kinds for v in azure.each(kind)]

        assert set(doors) == {is_open(azure)}
        assert azure.the("key_vault")["network_acls"][0]["default_action"] == (
            "Allow" if is_open(azure) else "Deny"
        )

    def test_private_resources_have_an_endpoint_with_a_dns_zone(self, azure):
        if is_open(azure):
            assert not azure.has("private_endpoint")
            return
        expected = {
            azure.the("cosmosdb_account")["id"]: "Sql",
            azure.the("key_vault")["id"]: "vault",
            **{v["id"]: "blob" for v in azure.each("storage_account")},
            **{v["id"]: "sites" for v in azure.each(APP)},
        }
        endpoints = azure.each("private_endpoint")
        connections = [endpoint["private_service_connection"][0] for endpoint in endpoints]
        network = bootstrap_of(azure)["network"]
        zones = {k: v["id"] for k, v in azure.of("private_dns_zone").items()}
        zones["blob"] = network["blob_zone_id"]

        assert {
            c["private_connection_resource_id"]: c["subresource_names"][0] for c in connections
        } == expected
        for endpoint, connection in zip(endpoints, connections, strict=True):
            (group,) = endpoint["private_dns_zone_group"]
            assert group["private_dns_zone_ids"] == [zones[connection["subresource_names"][0]]]
            assert endpoint["subnet_id"] == network["subnet_ids"]["endpoints"]
        links = azure.each("private_dns_zone_virtual_network_link")
        assert {link["virtual_network_id"] for link in links} == {network["id"]}


class TestTransport:
    def test_tls_1_2_is_the_minimum(self, azure):
        assert azure.the("cosmosdb_account")["minimal_tls_version"] == "Tls12"
        for storage in azure.each("storage_account"):
            assert (storage["min_tls_version"], storage["https_traffic_only_enabled"]) == (
                "TLS1_2",
                True,
            )
        for app in azure.each(APP):
            (site,) = app["site_config"]
            assert app["https_only"]
            assert (site["minimum_tls_version"], site["scm_minimum_tls_version"]) == ("1.2", "1.2")
        for backend in azure.each("api_management_backend"):
            assert backend["url"].startswith("https://")
            assert backend["tls"][0] == {
                "validate_certificate_chain": True,
                "validate_certificate_name": True,
            }
        assert azure.the("api_management_api")["protocols"] == ["https"]
        assert azure.the("container_app")["ingress"][0]["allow_insecure_connections"] is False


class TestKeysAndSecrets:
    def test_shared_keys_are_disabled(self, azure):
        for storage in azure.each("storage_account"):
            assert storage["shared_access_key_enabled"] is False
            assert storage["allow_nested_items_to_be_public"] is False
        for kind in ("cosmosdb_account", "log_analytics_workspace", "application_insights"):
            assert azure.the(kind)["local_authentication_enabled"] is False
        for app in azure.each(APP):
            assert app["storage_authentication_type"] == "UserAssignedIdentity"
            assert app["webdeploy_publish_basic_authentication_enabled"] is False
            assert app["app_settings"]["AzureWebJobsStorage"] == ""
            assert not re.search(
                r"AccountKey|SharedAccess|SECRET=", json.dumps(app["app_settings"])
            )


class TestIdentities:
    def test_every_function_has_its_own_identity_plan_and_storage(self, azure):
        apps, ids = azure.of(APP), azure.of("user_assigned_identity", "function")
        accounts, plans = azure.of("storage_account", "function"), azure.of("service_plan")

        assert set(apps) == set(ids) == set(accounts) == set(plans) == FUNCTIONS
        for name, app in apps.items():
            settings = app["app_settings"]
            assert app["identity"][0]["identity_ids"] == [ids[name]["id"]]
            assert app["storage_user_assigned_identity_id"] == ids[name]["id"]
            assert app["service_plan_id"] == plans[name]["id"]
            assert settings["AzureWebJobsStorage__accountName"] == accounts[name]["name"]
            clients = {
                v for k, v in settings.items() if k.lower().endswith(("clientid", "client_id"))
            }
            assert clients == {ids[name]["client_id"]}

    def test_every_function_has_exactly_the_manifests_data_actions(self, azure):
        account = azure.the("cosmosdb_account")["id"]
        definitions = {d["id"]: d for d in azure.each("cosmosdb_sql_role_definition")}
        owner = {
            v["principal_id"]: k for k, v in azure.of("user_assigned_identity", "function").items()
        }
        granted = {}
        for assignment in azure.each("cosmosdb_sql_role_assignment"):
            role = definitions[assignment["role_definition_id"]]
            assert role["assignable_scopes"] == [assignment["scope"]]
            key = (owner[assignment["principal_id"]], assignment["scope"])
            granted[key] = set(role["permissions"][0]["data_actions"])

        assert granted == {
            (function, scope(account, container)): {
                full_name(container, a) for a in grant["actions"]
            }
            for function, grants in RIGHTS.items()
            for container, grant in grants.items()
        }
        assert set(RIGHTS) == FUNCTIONS

    def test_permissions_contain_no_wildcards(self, azure):
        for role in azure.each("cosmosdb_sql_role_definition"):
            assert "*" not in json.dumps(role["permissions"])
        assert not azure.has("role_definition")

    def test_other_permissions_are_few_and_narrow(self, azure):
        roles = azure.each(ROLES)
        reasons = {role["description"] for role in roles}
        vault = azure.the("key_vault")["id"]

        assert None not in reasons
        assert len(reasons) == (13 if azure.environment == "prod" else 12)
        assert {role["role_definition_name"] for role in roles} == {
            "AcrPull",
            "Key Vault Crypto Officer",
            "Key Vault Crypto User",
            "Key Vault Reader",
            "Key Vault Secrets Officer",
            "Key Vault Secrets User",
            "Monitoring Metrics Publisher",
            "Storage Blob Data Contributor",
            "Storage Blob Data Owner",
            "Storage Blob Data Reader",
        }
        on_the_vault = [r for r in roles if r["scope"] == vault]
        assert {r["role_definition_name"] for r in on_the_vault} == {
            "Key Vault Crypto Officer",
            "Key Vault Secrets Officer",
        }
        assert not any(
            re.fullmatch(r"/subscriptions/[^/]+(/resourceGroups/[^/]+)?", r["scope"]) for r in roles
        )

    @pytest.mark.parametrize(
        ("name", "function"), [("sign", "issue_token"), ("publish", "publish_keys")]
    )
    def test_roles_on_the_signing_key_belong_to_their_function(self, azure, name, function):
        role = azure.the(ROLES, name)

        assert role["scope"] == azure.the("key_vault_key")["resource_versionless_id"]
        assert (
            role["principal_id"]
            == azure.of("user_assigned_identity", "function")[function]["principal_id"]
        )

    @pytest.mark.parametrize(
        ("name", "functions"),
        [
            ("cursor", {"query_events", "query_insights"}),
            ("user_hash", {"beacon_events", "ingest_events", "rollup_metrics"}),
        ],
    )
    def test_only_the_functions_that_use_a_secret_may_read_it(self, azure, name, functions):
        identities = azure.of("user_assigned_identity", "function")
        secret = azure.the("key_vault_secret", name)["resource_versionless_id"]

        assert azure.of(ROLES, name).keys() == functions
        assert {role["principal_id"] for role in azure.each(ROLES) if role["scope"] == secret} == {
            identities[function]["principal_id"] for function in functions
        }

    def test_only_the_functions_that_hash_know_the_name_of_their_secret(self, azure):
        assert {
            name
            for name, app in azure.of(APP).items()
            if "ANALYTICS_USER_HASH_SECRET_NAME" in app["app_settings"]
        } == {"beacon_events", "ingest_events", "rollup_metrics"}

    def test_functions_accept_only_the_gateway(self, azure):
        gateway = azure.the("user_assigned_identity", "gateway")["principal_id"]
        for app in azure.each(APP):
            (auth,) = app["auth_settings_v2"]
            (entra,) = auth["active_directory_v2"]
            assert auth["auth_enabled"]
            assert auth["require_authentication"]
            assert auth["require_https"]
            assert auth["unauthenticated_action"] == "Return401"
            assert auth["excluded_paths"] == ["/build"]  # returns only the package's hash
            assert entra["allowed_identities"] == [gateway]
            assert not entra["allowed_groups"]
            assert not entra["allowed_applications"]


class TestOperations:
    def test_every_resource_that_supports_tags_has_them(self, azure):
        tags = {
            "product": "acme-analytics",
            "environment": azure.environment,
            "managed_by": "terraform",
            "source": "infra/terraform/azure",
        }
        tagged = [
            resource
            for resource in azure
            if resource["type"].startswith("azurerm_") and "tags" in resource["values"]
        ]
        untagged = [r["address"] for r in tagged if r["values"]["tags"] != tags]

        assert not untagged
        assert len(tagged) > len(FUNCTIONS) * 4

    def test_resources_with_data_or_requests_have_diagnostics(self, azure):
        watched = {v["target_resource_id"] for v in azure.each("monitor_diagnostic_setting")}
        kinds = ["cosmosdb_account", "key_vault", "container_app_environment", APP]
        kinds += [] if is_open(azure) else ["api_management"]  # the tier in dev has no request log

        assert watched == {v["id"] for kind in kinds for v in azure.each(kind)}

    def test_the_dashboard_has_its_settings_and_scales_to_zero_only_in_dev(self, azure):
        (template,) = azure.the("container_app")["template"]
        given = {variable["name"] for variable in template["container"][0]["env"]}

        assert {f"ANALYTICS_{name}" for name in NEEDED_BY_THE_DASHBOARD} <= given
        assert (template["min_replicas"] == 0) == is_open(azure)
        assert "@sha256:" in template["container"][0]["image"]


def bootstrap_of(azure: Resources) -> Values:
    file = ROOT / f"infra/terraform/azure/environments/{azure.environment}.bootstrap.json"
    return json.loads(file.read_text())


def scope(account: str, container: str) -> str:
    return account if container == "/" else f"{account}/dbs/analytics/colls/{container}"


def full_name(container: str, action: str) -> str:
    return (ACCOUNT if container == "/" else CONTAINER) + action
