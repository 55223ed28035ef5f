"""The bootstrap creates the state, the network, the machine that deploys, and the registry."""

import json

import pytest

from tests.infra.azure_resources import Resources
from tests.infra.terraform import ENVIRONMENTS, ROOTS, Terraform

NAME = "azure-bootstrap"
FOLDER, AZURE = ROOTS / NAME, ROOTS / "azure"
PRIVATE = ("prod", pytest.param("staging", marks=pytest.mark.full))


def applied(terraform: Terraform, environment: str) -> Resources:
    return Resources.after_apply(terraform.applied(NAME, environment))


@pytest.fixture(params=(*ENVIRONMENTS, "shared"))
def bootstrap(request: pytest.FixtureRequest, terraform: Terraform) -> Resources:
    return applied(terraform, request.param)


@pytest.fixture(params=PRIVATE)
def private(request: pytest.FixtureRequest, terraform: Terraform) -> Resources:
    """Return each environment that has a network."""
    return applied(terraform, request.param)


class TestState:
    def test_only_identities_reach_the_state_and_outside_dev_only_the_network(self, bootstrap):
        account = bootstrap.the("storage_account")
        (rules,) = account["network_rules"]
        is_private = bootstrap.environment in ("staging", "prod")

        assert account["shared_access_key_enabled"] is False
        assert account["allow_nested_items_to_be_public"] is False
        assert account["local_user_enabled"] is False
        assert account["https_traffic_only_enabled"] is True
        assert account["min_tls_version"] == "TLS1_2"
        assert account["public_network_access_enabled"] is not is_private
        assert rules["default_action"] == ("Deny" if is_private else "Allow")
        assert not rules["ip_rules"]
        assert bootstrap.has("private_endpoint") is is_private

    def test_every_change_can_be_undone(self, bootstrap):
        account = bootstrap.the("storage_account")
        (blobs,) = account["blob_properties"]

        assert account["account_replication_type"] == "ZRS"
        assert blobs["versioning_enabled"]
        assert blobs["delete_retention_policy"][0]["days"] == 90
        assert blobs["container_delete_retention_policy"][0]["days"] == 90

    @pytest.mark.parametrize("environment", ["dev", "shared"])
    def test_state_and_registry_can_not_be_destroyed(self, terraform: Terraform, environment: str):
        said = terraform.applied_root(NAME, environment).failure(
            *("plan", "-destroy", "-input=false", "-lock=false"),
            f"-var-file=environments/{environment}.tfvars",
        )

        kept = [f'azurerm_storage_container.state["{name}"]' for name in ("bootstrap", "tfstate")]
        kept += ['azurerm_container_registry.this["this"]'] if environment == "shared" else []
        assert [address for address in kept if f"{address} has lifecycle" not in said] == []

    def test_the_pipeline_writes_only_the_state_of_its_environment(self, bootstrap):
        containers = {v["id"]: k for k, v in bootstrap.of("storage_container").items()}
        given = {
            (
                key.partition(": ")[2].split()[0],
                role["role_definition_name"],
                containers[role["scope"]],
            )
            for key, role in bootstrap.of("role_assignment", "state").items()
        }
        expected = {
            ("administrators", "Storage Blob Data Contributor", "bootstrap"),
            ("administrators", "Storage Blob Data Contributor", "tfstate"),
            ("deployers", "Storage Blob Data Contributor", "tfstate"),
            ("readers", "Storage Blob Data Reader", "tfstate"),
        }

        is_shared = bootstrap.environment == "shared"
        assert given == {each for each in expected if each[0] == "administrators" or not is_shared}

    def test_the_state_has_a_private_endpoint_whose_name_the_network_resolves(self, private):
        endpoint = private.the("private_endpoint")
        zone = private.the("private_dns_zone")
        link = private.the("private_dns_zone_virtual_network_link")
        (connection,) = endpoint["private_service_connection"]

        assert connection["private_connection_resource_id"] == private.the("storage_account")["id"]
        assert endpoint["subnet_id"] == private.of("subnet")["endpoints"]["id"]
        assert endpoint["private_dns_zone_group"][0]["private_dns_zone_ids"] == [zone["id"]]
        assert link["virtual_network_id"] == private.the("virtual_network")["id"]
        assert zone["name"] == "privatelink.blob.core.windows.net"


class TestNetwork:
    def test_every_subnet_reaches_the_internet_through_one_fixed_address(self, private):
        subnets = private.of("subnet")
        gateway = private.the("nat_gateway")["id"]
        (address,) = private.each("public_ip")
        association = private.the("nat_gateway_public_ip_association")
        served = private.of("subnet_nat_gateway_association")

        assert association["nat_gateway_id"] == gateway
        assert association["public_ip_address_id"] == address["id"]
        assert private.the("nat_gateway")["sku_name"] == "StandardV2"  # in all zones
        assert (address["sku"], address["allocation_method"]) == ("StandardV2", "Static")
        assert {name: v["subnet_id"] for name, v in served.items()} == {
            name: v["id"] for name, v in subnets.items() if name != "endpoints"
        }
        assert {v["nat_gateway_id"] for v in served.values()} == {gateway}

    def test_every_subnet_denies_by_default_in_both_directions(self, private):
        subnets = private.of("subnet")
        guarded = private.of("subnet_network_security_group_association")

        assert {v["subnet_id"] for v in guarded.values()} == {v["id"] for v in subnets.values()}
        assert not any(v["default_outbound_access_enabled"] for v in subnets.values())
        for group in private.each("network_security_group"):
            last = [rule for rule in group["security_rule"] if rule["priority"] == 4096]
            assert {(r["direction"], r["access"]) for r in last} == {
                ("Inbound", "Deny"),
                ("Outbound", "Deny"),
            }

    def test_only_the_dashboard_is_reachable_from_the_internet(self, private):
        allowed = {
            name: {
                (rule["source_address_prefix"], rule["destination_port_range"])
                for rule in group["security_rule"]
                if (rule["direction"], rule["access"]) == ("Inbound", "Allow")
            }
            for name, group in private.of("network_security_group").items()
        }
        open_to_all = {
            name
            for name, rules in allowed.items()
            if {source for source, _ in rules} & {"*", "Internet"}
        }

        assert open_to_all == {"dashboard"}
        # The address of Bastion's Developer tier, which only the platform can use.
        assert allowed["deployer"] == {("168.63.129.16", "22")}

    def test_subnets_are_delegated_to_their_services(self, private):
        delegated = {
            name: [d["service_delegation"][0]["name"] for d in subnet["delegation"]]
            for name, subnet in private.of("subnet").items()
        }

        assert delegated == {
            "endpoints": [],
            "functions": ["Microsoft.App/environments"],
            "dashboard": ["Microsoft.App/environments"],
            "gateway": ["Microsoft.Web/serverFarms"],
            "deployer": [],
        }

    @pytest.mark.parametrize("environment", ["dev", "shared"])
    def test_there_is_no_network_without_private_resources(
        self, terraform: Terraform, environment: str
    ):
        resources = applied(terraform, environment)

        assert not any(
            resources.has(kind) for kind in ("virtual_network", "public_ip", "bastion_host")
        )
        assert not resources.has("linux_virtual_machine")


class TestRunner:
    def test_the_machine_is_in_the_deployers_subnet_without_a_public_address(self, private):
        card = private.the("network_interface")
        (address,) = card["ip_configuration"]

        assert private.the("linux_virtual_machine")["network_interface_ids"] == [card["id"]]
        assert address["subnet_id"] == private.of("subnet")["deployer"]["id"]
        assert address["public_ip_address_id"] is None
        assert private.the("bastion_host")["sku"] == "Developer"
        assert not private.the("bastion_host")["ip_configuration"]

    def test_the_machine_has_no_identity_and_no_password(self, private):
        machine = private.the("linux_virtual_machine")

        assert machine["identity"] == []
        assert machine["disable_password_authentication"] is True
        assert machine["admin_password"] is None
        assert machine["secure_boot_enabled"]
        assert machine["vtpm_enabled"]
        assert machine["patch_mode"] == "AutomaticByPlatform"

    def test_the_machine_starts_after_its_traffic_can_leave_the_network(self, terraform: Terraform):
        plan = terraform.applied(NAME, "prod")

        assert plan.depends_on("azurerm_network_interface.runner") == {
            "azurerm_nat_gateway_public_ip_association.this",
            "azurerm_subnet_nat_gateway_association.this",
            "azurerm_subnet_network_security_group_association.this",
        }


class TestRegistry:
    def test_the_environments_share_one_registry(self, bootstrap):
        assert bootstrap.has("container_registry") is (bootstrap.environment == "shared")

    def test_only_identities_push_and_pull(self, terraform: Terraform):
        shared = applied(terraform, "shared")
        registry = shared.the("container_registry")
        roles = shared.each("role_assignment", "builder")

        assert registry["admin_enabled"] is False
        assert registry["anonymous_pull_enabled"] is False
        assert {role["role_definition_name"] for role in roles} == {"AcrPush", "Reader"}
        assert {role["scope"] for role in roles} == {registry["id"]}


class TestOutputs:
    def test_the_examples_are_what_the_examples_create(self, bootstrap, terraform: Terraform):
        """Check the files of both roots, which first-apply.sh replaces with a customer's own."""
        name = bootstrap.environment
        plan = terraform.applied(NAME, name)
        outputs = plan.outputs
        committed = json.loads((AZURE / f"environments/{name}.bootstrap.json").read_text())
        backends = {FOLDER: "backend_bootstrap", AZURE: "backend_azure"}

        assert committed == outputs["for_azure"]
        for folder, output in backends.items():
            file = folder / f"environments/{name}.backend.hcl"
            assert file.exists() is (name != "shared" or folder == FOLDER)
            assert not file.exists() or file.read_text() == outputs[output]

    @pytest.mark.parametrize("environment", ENVIRONMENTS)
    def test_both_roots_have_the_same_deployers(self, terraform: Terraform, environment: str):
        both = [terraform.plan(root, environment).json["variables"] for root in (NAME, "azure")]

        for variable in ("copy", "deployers", "location", "private_network", "subscription_id"):
            assert both[0][variable] == both[1][variable]


class TestPermissions:
    def test_no_role_has_a_scope_above_its_resource(self, bootstrap):
        narrow = {v["id"] for v in bootstrap.each("storage_container")}
        narrow |= (
            {bootstrap.the("container_registry")["id"]}
            if bootstrap.has("container_registry")
            else set()
        )

        assert {role["scope"] for role in bootstrap.each("role_assignment")} <= narrow
        assert all(role["description"] for role in bootstrap.each("role_assignment"))
