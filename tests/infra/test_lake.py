"""The event lake in both clouds: protected, and writable only by the archiver."""

import json

import pytest

from tests.infra.azure_resources import Resources
from tests.infra.plan import Plan
from tests.infra.terraform import ENVIRONMENTS, Root, Terraform

WRITER, READER = {"archive_events"}, {"check_alerts", "manage_privacy", "query_insights"}


@pytest.fixture(params=ENVIRONMENTS)
def aws(request: pytest.FixtureRequest, terraform: Terraform) -> Plan:
    return terraform.applied("aws", request.param)


def statements(policy: str) -> list[dict]:
    return json.loads(policy)["Statement"]


class TestAzure:
    def test_only_functions_that_need_the_lake_have_a_role_and_its_address(self, azure: Resources):
        container = azure.the("storage_container", "lake")
        identities = azure.of("user_assigned_identity", "function")
        url = azure.the("storage_account", "lake")["primary_blob_endpoint"] + "lake"
        roles = {
            role["principal_id"]: role["role_definition_name"]
            for role in azure.each("role_assignment")
            if role["scope"] == container["id"]
        }
        apps = azure.of("function_app_flex_consumption")
        urls = {name: app["app_settings"].get("ANALYTICS_LAKE_URL") for name, app in apps.items()}

        assert roles == {
            identities[name]["principal_id"]: "Storage Blob Data Contributor" for name in WRITER
        } | {identities[name]["principal_id"]: "Storage Blob Data Reader" for name in READER}
        assert {name: one for name, one in urls.items() if one} == dict.fromkeys(
            WRITER | READER, url
        )

    def test_the_account_is_flat_and_private(self, azure: Resources):
        account, container = (
            azure.the("storage_account", "lake"),
            azure.the("storage_container", "lake"),
        )

        assert account["is_hns_enabled"] is False
        assert account["account_replication_type"] == (
            "LRS" if azure.environment == "dev" else "ZRS"
        )
        assert container["container_access_type"] == "private"
        assert container["storage_account_id"] == account["id"]

    def test_no_copy_of_a_deleted_file_is_kept(self, azure: Resources):
        """Files that an erasure deletes contain the user's events."""
        (blobs,) = azure.the("storage_account", "lake")["blob_properties"]

        assert not blobs["delete_retention_policy"]
        assert not blobs["restore_policy"]
        assert (blobs["versioning_enabled"], blobs["change_feed_enabled"]) == (False, False)


class TestAws:
    def test_no_copy_of_a_deleted_file_is_kept(self, aws: Plan):
        assert not aws.of("aws_s3_bucket_versioning")
        assert not aws.of("aws_s3_bucket_object_lock_configuration")
        assert not aws.of("aws_s3_bucket_replication_configuration")

    def test_only_functions_that_need_the_lake_have_permissions_and_its_address(self, aws: Plan):
        bucket = aws.of("aws_s3_bucket")["lake"]
        granted: dict[str, dict[str, set[str]]] = {}
        for name, policy in aws.of("aws_iam_role_policy").items():
            for one in statements(policy["policy"]):
                actions = {one["Action"]} if isinstance(one["Action"], str) else {*one["Action"]}
                if any(action.startswith("s3:") for action in actions):
                    granted.setdefault(name, {})[one["Resource"]] = actions
        functions = aws.of("aws_lambda_function")
        variables = {name: one["environment"][0]["variables"] for name, one in functions.items()}

        assert granted == {
            "archive_events": {
                f"{bucket['arn']}/events/*": {
                    "s3:AbortMultipartUpload",
                    "s3:DeleteObject",
                    "s3:GetObject",
                    "s3:PutObject",
                },
                bucket["arn"]: {"s3:ListBucket"},
            },
            **{
                name: {
                    f"{bucket['arn']}/events/*": {"s3:GetObject"},
                    bucket["arn"]: {"s3:ListBucket"},
                }
                for name in READER
            },
        }
        assert {
            n: v["ANALYTICS_LAKE_URL"] for n, v in variables.items() if "ANALYTICS_LAKE_URL" in v
        } == dict.fromkeys(WRITER | READER, f"s3://{bucket['bucket']}")

    def test_buckets_are_encrypted_private_and_reachable_only_by_tls(self, aws: Plan):
        buckets = aws.of("aws_s3_bucket")

        assert set(buckets) == {"lake", "packages"}
        for name, bucket in buckets.items():
            assert bucket["force_destroy"] == (aws.environment == "dev")
            block = aws.of("aws_s3_bucket_public_access_block")[name]
            assert block["bucket"] == bucket["bucket"]
            assert all(
                block[each]
                for each in (
                    "block_public_acls",
                    "block_public_policy",
                    "ignore_public_acls",
                    "restrict_public_buckets",
                )
            )
            (rule,) = aws.of("aws_s3_bucket_server_side_encryption_configuration")[name]["rule"]
            assert rule["apply_server_side_encryption_by_default"][0]["sse_algorithm"] == "AES256"
            (denied,) = statements(aws.of("aws_s3_bucket_policy")[name]["policy"])
            assert (denied["Effect"], denied["Action"]) == ("Deny", "s3:*")
            assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
            assert {*denied["Resource"]} == {bucket["arn"], f"{bucket['arn']}/*"}
            (rule,) = aws.of("aws_s3_bucket_lifecycle_configuration")[name]["rule"]
            assert rule["abort_incomplete_multipart_upload"][0]["days_after_initiation"] == 1


def test_a_function_that_needs_to_read_gets_only_that_permission(terraform: Terraform):
    """Give another function the need `lake`, which functions with insights will have."""
    root = terraform.root("aws")
    _need_lake(root)
    root.apply("dev")
    policy = root.plan("dev").of("aws_iam_role_policy")["check_health"]["policy"]
    actions = [one["Action"] for one in statements(policy) if "s3:" in str(one["Action"])]

    assert actions == ["s3:GetObject", "s3:ListBucket"]


def _need_lake(root: Root) -> None:
    manifest = root.path.parents[2] / "functions/manifest.json"
    entries = json.loads(manifest.read_text())
    entries["check_health"]["needs"].append("lake")
    manifest.write_text(json.dumps(entries))
