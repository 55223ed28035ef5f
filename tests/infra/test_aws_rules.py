"""Rules that every AWS environment follows, checked on Terraform's plan."""

import json
import re
from hashlib import sha256

import pytest

from api.settings import Settings, variable
from scripts import bundle
from tests.infra.plan import Plan
from tests.infra.terraform import ENVIRONMENTS, REPOSITORY, Terraform

FUNCTIONS = {file.stem for file in (REPOSITORY / "functions").glob("[!_]*.py")}
READERS = {"archive_events", "rollup_metrics"}  # of the stream
HASHING = {"beacon_events", "ingest_events", "rollup_metrics"}
UNTAGGED = {  # types that are parts of a tagged resource
    "aws_acm_certificate_validation",
    "aws_apigatewayv2_api_mapping",
    "aws_apigatewayv2_authorizer",
    "aws_apigatewayv2_integration",
    "aws_apigatewayv2_route",
    "aws_cloudwatch_event_target",
    "aws_cloudwatch_log_metric_filter",
    "aws_iam_role_policy",
    "aws_kms_alias",
    "aws_lambda_alias",
    "aws_lambda_function_event_invoke_config",
    "aws_lambda_permission",
    "aws_lambda_provisioned_concurrency_config",
    "aws_route",
    "aws_route53_record",
    "aws_route_table_association",
    "aws_s3_bucket_lifecycle_configuration",
    "aws_s3_bucket_policy",
    "aws_s3_bucket_public_access_block",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_secretsmanager_secret_version",
    "aws_sns_topic_subscription",
    "aws_wafv2_web_acl_association",
}


@pytest.fixture(params=ENVIRONMENTS)
def aws(request: pytest.FixtureRequest, terraform: Terraform) -> Plan:
    return terraform.applied("aws", request.param)


def statements(policy: str) -> list[dict]:
    return json.loads(policy)["Statement"]


def words(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


class TestFunctions:
    def test_every_manifest_entry_is_a_function_with_its_own_role(self, aws: Plan):
        functions = aws.of("aws_lambda_function")
        roles = aws.of("aws_iam_role", "function")

        assert set(functions) == set(roles) == FUNCTIONS
        assert {name: f["role"] for name, f in functions.items()} == {
            name: role["arn"] for name, role in roles.items()
        }
        assert len({role["arn"] for role in roles.values()}) == len(FUNCTIONS)

    def test_functions_run_the_bundles_of_make_bundle(self, aws: Plan):
        for name, function in aws.of("aws_lambda_function").items():
            package = aws.of("aws_s3_object")[name]
            assert package["source"] == f"../../../build/lambda/{name}.zip"
            assert package["key"] == f"{name}/{sha256(name.encode()).hexdigest()}.zip"
            assert (function["s3_bucket"], function["s3_key"]) == (
                aws.of("aws_s3_bucket")["packages"]["bucket"],
                package["key"],
            )
            assert function["filename"] is None
            assert function["handler"] == "handler.handler"
            assert function["runtime"] == "python3.13"
            assert function["architectures"] == ["arm64"]
        assert bundle.DEPLOYED["lambda"].startswith("aarch64")

    def test_inner_timeouts_are_shorter_than_outer_timeouts(self, aws: Plan):
        """Check the order of the timeouts: the service's (20 s), the function's, the gateway's."""
        integrations = aws.of("aws_apigatewayv2_integration")
        for name, integration in integrations.items():
            function = aws.of("aws_lambda_function")[name]

            assert 20 < function["timeout"] < integration["timeout_milliseconds"] / 1000 <= 30

    def test_each_function_starts_with_its_settings(self, aws: Plan):
        """Check that the settings are valid. In a cloud, missing and local settings are invalid."""
        signing = set()
        for name, function in aws.of("aws_lambda_function").items():
            variables = function["environment"][0]["variables"]
            settings = Settings.from_environment(variables)
            known = {variable(field) for field in Settings.__dataclass_fields__}

            assert set(variables) <= known, name
            assert settings.env == aws.environment
            assert settings.store == "dynamodb"
            assert settings.jwt_issuer == aws.outputs["api_url"]
            assert bool(settings.kms_keys) != bool(settings.jwks_url)
            signing |= {name} if settings.kms_keys else set()
        assert signing == {"issue_token", "publish_keys"}

    def test_only_the_gateway_and_the_schedule_may_invoke_functions(self, aws: Plan):
        api = aws.the("aws_apigatewayv2_api")["execution_arn"]
        for permission in aws.of("aws_lambda_permission", "gateway").values():
            assert permission["principal"] == "apigateway.amazonaws.com"
            assert permission["source_arn"].startswith(api)
        rules = aws.of("aws_cloudwatch_event_rule")
        for name, sweep in aws.of("aws_lambda_permission", "sweep").items():
            assert sweep["source_arn"] == rules[name]["arn"]
        assert not aws.of("aws_lambda_function_url")


class TestRights:
    def test_no_policy_has_a_wildcard_action(self, aws: Plan):
        policies = [policy["policy"] for policy in aws.of("aws_iam_role_policy").values()]
        policies += [key["policy"] for key in aws.of("aws_kms_key").values()]

        for statement in (s for policy in policies for s in statements(policy)):
            assert statement["Effect"] == "Allow"
            assert not [action for action in words(statement["Action"]) if "*" in action]

    def test_no_role_has_a_wildcard_resource(self, aws: Plan):
        """Allow a wildcard only at the end of a log's ARN, and for the files of the lake.

        Lambda names the log streams, and organisations name the tables.
        """
        logs = aws.of("aws_cloudwatch_log_group", "function")
        lake = aws.of("aws_s3_bucket")["lake"]["arn"] + "/events/*"
        for name, policy in aws.of("aws_iam_role_policy", "function").items():
            for statement in statements(policy["policy"]):
                for resource in {*words(statement["Resource"])} - {lake}:
                    assert "*" not in resource.removesuffix(logs[name]["arn"] + ":*"), name

    def test_policy_statements_are_unique(self, aws: Plan):
        for name, policy in aws.of("aws_iam_role_policy").items():
            granted = [
                (action, resource)
                for statement in statements(policy["policy"])
                for action in words(statement["Action"])
                for resource in words(statement["Resource"])
            ]

            assert len(set(granted)) == len(granted), name

    def test_only_lambda_in_this_account_may_assume_the_roles(self, aws: Plan):
        for role in aws.of("aws_iam_role", "function").values():
            (statement,) = statements(role["assume_role_policy"])

            assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}
            assert statement["Action"] == "sts:AssumeRole"
            (account,) = statement["Condition"]["StringEquals"].values()
            assert account.isdigit()


class TestKeysAndSecrets:
    def test_only_the_issuing_functions_sign_and_publish_keys(self, aws: Plan):
        keys = {key["arn"] for key in aws.of("aws_kms_key").values()}
        users = {"kms:Sign": set(), "kms:GetPublicKey": set()}
        for name, policy in aws.of("aws_iam_role_policy").items():
            for statement in statements(policy["policy"]):
                for action in users.keys() & set(words(statement["Action"])):
                    assert set(statement["Resource"]) == keys
                    users[action].add(name)

        assert users == {
            "kms:Sign": {"issue_token"},
            "kms:GetPublicKey": {"issue_token", "publish_keys"},
        }

    def test_every_permission_to_sign_is_limited_to_the_services_algorithm(self, aws: Plan):
        """A key's policy and a role's policy each permit a call without the other."""
        policies = [policy["policy"] for policy in aws.of("aws_iam_role_policy").values()]
        policies += [key["policy"] for key in aws.of("aws_kms_key").values()]
        signing = [
            statement
            for policy in policies
            for statement in statements(policy)
            if "kms:Sign" in words(statement["Action"])
        ]

        assert len(signing) == 1 + len(aws.of("aws_kms_key"))
        for statement in signing:
            assert statement["Condition"] == {
                "StringEquals": {"kms:SigningAlgorithm": "RSASSA_PKCS1_V1_5_SHA_256"}
            }

    def test_the_first_alias_signs_and_both_keys_are_published(self, aws: Plan):
        aliases = aws.of("aws_kms_alias")
        keys = {key["key_id"]: name for name, key in aws.of("aws_kms_key").items()}
        for name in ("issue_token", "publish_keys"):
            function = aws.of("aws_lambda_function")[name]
            named = function["environment"][0]["variables"]["ANALYTICS_KMS_KEYS"].split(",")

            assert named == [aliases["current"]["name"], aliases["next"]["name"]]
        assert {role: keys[alias["target_key_id"]] for role, alias in aliases.items()} == {
            "current": "first",
            "next": "second",
        }

    def test_signing_keys_have_the_services_algorithm(self, aws: Plan):
        for key in aws.of("aws_kms_key").values():
            assert key["customer_master_key_spec"] == "RSA_2048"
            assert key["key_usage"] == "SIGN_VERIFY"
            principals = {s["Sid"]: s["Principal"]["AWS"] for s in statements(key["policy"])}
            assert principals["Sign"] == aws.of("aws_iam_role", "function")["issue_token"]["arn"]

    def test_every_secret_is_write_only(self, aws: Plan):
        for version in aws.of("aws_secretsmanager_secret_version").values():
            assert version["secret_string_wo_version"] == 1
            for value in ("secret_string", "secret_string_wo", "secret_binary"):
                assert version[value] is None
        assert "ephemeral.random_password.cursor.result" in aws.references(
            "aws_secretsmanager_secret_version.cursor", "secret_string_wo"
        )

    @pytest.mark.parametrize(
        ("name", "functions"),
        [("cursor", {"query_events", "query_insights"}), ("user_hash", HASHING)],
    )
    def test_only_the_functions_that_use_a_secret_may_read_it(
        self, aws: Plan, name: str, functions: set[str]
    ):
        secret = aws.the("aws_secretsmanager_secret", name)["arn"]
        readers = {n for n, p in aws.of("aws_iam_role_policy").items() if secret in p["policy"]}

        assert readers == functions

    def test_only_functions_that_hash_users_get_the_secrets_name(self, aws: Plan):
        with_secret_name = {
            name
            for name, function in aws.of("aws_lambda_function").items()
            if "ANALYTICS_USER_HASH_SECRET_NAME" in function["environment"][0]["variables"]
        }

        assert with_secret_name == HASHING


class TestOperations:
    def test_everything_has_the_tags(self, aws: Plan):
        for resource in aws.resources:
            if resource.type not in UNTAGGED:
                assert resource.values["tags_all"] == {
                    "product": "acme-analytics",
                    "environment": aws.environment,
                    "managed_by": "terraform",
                    "source": "infra/terraform/aws",
                }, resource.address

    def test_data_is_encrypted_recoverable_and_protected_from_deletion(self, aws: Plan):
        for table in aws.of("aws_dynamodb_table").values():
            assert table["server_side_encryption"][0]["enabled"]
            assert table["point_in_time_recovery"][0]["enabled"]
            assert table["deletion_protection_enabled"] == (aws.environment != "dev")
        for queue in aws.of("aws_sqs_queue").values():
            assert queue["sqs_managed_sse_enabled"]

    def test_every_log_expires(self, aws: Plan):
        logs = aws.of("aws_cloudwatch_log_group", "function")

        assert {name: log["name"] for name, log in logs.items()} == {
            name: f"/aws/lambda/{function['function_name']}"
            for name, function in aws.of("aws_lambda_function").items()
        }
        for log in aws.of("aws_cloudwatch_log_group").values():
            assert 7 <= log["retention_in_days"] <= 365

    def test_the_lag_metric_matches_the_log_line_in_the_code(self, aws: Plan):
        source = (REPOSITORY / "src/api/services/projections.py").read_text()
        lag = aws.the("aws_cloudwatch_log_metric_filter", "rollup_lag")
        [metric] = lag["metric_transformation"]
        fresh = aws.the("aws_cloudwatch_metric_alarm", "metrics_fresh")
        logs = aws.of("aws_cloudwatch_log_group", "function")
        [message] = re.findall(r'\$\.message = ("[^"]+")', lag["pattern"])

        assert f"log.info({message}" in source
        assert f'"{metric["value"].removeprefix("$.")}": round(' in source
        assert lag["log_group_name"] == logs["rollup_metrics"]["name"]
        assert (metric["namespace"], metric["name"]) == (fresh["namespace"], fresh["metric_name"])

    def test_the_dead_letter_alarm_matches_the_log_line_in_the_code(self, aws: Plan):
        source = (REPOSITORY / "src/api/services/dead_letters.py").read_text()
        alarm = aws.the("aws_cloudwatch_metric_alarm", "dead_letters")
        logs = aws.of("aws_cloudwatch_log_group", "function")
        filters = aws.of("aws_cloudwatch_log_metric_filter", "dead_letters")

        assert set(filters) == READERS
        for name, letters in filters.items():
            [metric] = letters["metric_transformation"]
            [message] = re.findall(r'\$\.message = ("[^"]+")', letters["pattern"])
            counted = metric["namespace"], metric["name"]
            assert f"log.error({message}" in source
            assert letters["log_group_name"] == logs[name]["name"]
            assert counted == (alarm["namespace"], alarm["metric_name"])
        assert alarm["threshold"] == 0

    def test_the_readme_states_how_many_metrics_of_alarms_are_billed(self, aws: Plan):
        readme = (REPOSITORY / "infra/terraform/aws/README.md").read_text()
        ((alarmed, custom),) = re.findall(
            r"alarms on (\d+) metrics at .*; (\d+) custom metrics", readme
        )
        filters = aws.each("aws_cloudwatch_log_metric_filter")

        assert int(alarmed) == sum(
            sum(bool(query["metric"]) for query in alarm["metric_query"] or ()) or 1
            for alarm in aws.each("aws_cloudwatch_metric_alarm")
        )
        assert int(custom) == len({one["metric_transformation"][0]["name"] for one in filters})

    def test_alarms_cover_both_objectives_and_notify_the_operators(self, aws: Plan):
        topic = aws.the("aws_sns_topic")["arn"]
        burn = aws.of("aws_cloudwatch_metric_alarm", "ingest_available")
        fresh = aws.the("aws_cloudwatch_metric_alarm", "metrics_fresh")
        waits = aws.of("aws_cloudwatch_metric_alarm", "changes_wait")
        functions = aws.of("aws_lambda_function")

        assert {k: alarm["threshold"] for k, alarm in burn.items()} == {"fast": 14.4, "slow": 3}
        assert (fresh["metric_name"], fresh["threshold"]) == ("rollup_lag", 300)
        assert {alarm["metric_name"] for alarm in waits.values()} == {"IteratorAge"}
        assert {
            alarm["dimensions"]["FunctionName"]: alarm["threshold"] for alarm in waits.values()
        } == {
            functions["rollup_metrics"]["function_name"]: 300_000,
            functions["archive_events"]["function_name"]: 900_000,
        }
        for alarm in aws.each("aws_cloudwatch_metric_alarm"):
            assert alarm["alarm_actions"] == [topic]
        assert len(aws.the("aws_budgets_budget")["notification"]) == 2
