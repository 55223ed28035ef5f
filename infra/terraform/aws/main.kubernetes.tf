# The API in a Kubernetes cluster (infra/helm) instead of the Lambda functions: a role with the permissions of all functions
# together, and the chart's values. The cluster itself isn't part of this configuration.
locals {
  is_on_kubernetes = var.kubernetes != null
  # One process serves all operations and reads changes with queries instead of the stream.
  kubernetes_rights = {
    for container in distinct(flatten([for rights in values(local.table_rights) : keys(rights)])) : container => sort(distinct(flatten([
      for rights in values(local.table_rights) : lookup(rights, container, [])
    ])))
  }
}

# Only the pods of this one service account can assume the role.
data "aws_iam_policy_document" "assumed_by_kubernetes" {
  count = local.is_on_kubernetes ? 1 : 0

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = ["arn:aws:iam::${var.account_id}:oidc-provider/${trimprefix(var.kubernetes.oidc_issuer, "https://")}"]
    }
    condition {
      test     = "StringEquals"
      variable = "${trimprefix(var.kubernetes.oidc_issuer, "https://")}:sub"
      values   = ["system:serviceaccount:${var.kubernetes.namespace}:${var.kubernetes.release}-api"]
    }
    condition {
      test     = "StringEquals"
      variable = "${trimprefix(var.kubernetes.oidc_issuer, "https://")}:aud"
      values   = ["sts.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "kubernetes" {
  count = local.is_on_kubernetes ? 1 : 0

  name                  = "${local.name}-kubernetes"
  description           = "The permissions of the API in Kubernetes."
  force_detach_policies = true # of the policy with which docs/region-loss-aws.md stops the functions
  assume_role_policy    = data.aws_iam_policy_document.assumed_by_kubernetes[0].json
}

data "aws_iam_policy_document" "kubernetes" {
  count = local.is_on_kubernetes ? 1 : 0

  dynamic "statement" {
    for_each = { for container, actions in local.kubernetes_rights : container => actions if length(actions) > 0 }
    content {
      actions   = [for action in statement.value : "dynamodb:${action}"]
      resources = [replace(statement.key, "/^[a-z_]+/", aws_dynamodb_table.this[split("/", statement.key)[0]].arn)]
    }
  }
  statement {
    actions   = ["kms:Sign"]
    resources = local.signing_key_arns
    condition {
      test     = "StringEquals"
      variable = "kms:SigningAlgorithm"
      values   = ["RSASSA_PKCS1_V1_5_SHA_256"]
    }
  }
  statement {
    actions   = ["kms:GetPublicKey"]
    resources = local.signing_key_arns
  }
  statement {
    actions   = local.lake_actions.lake_writer
    resources = [local.lake_files]
  }
  statement {
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.this["lake"].arn]
  }
  statement {
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [aws_secretsmanager_secret.cursor.arn, aws_secretsmanager_secret.user_hash.arn]
  }
}

resource "aws_iam_role_policy" "kubernetes" {
  count = local.is_on_kubernetes ? 1 : 0

  name   = "rights"
  role   = aws_iam_role.kubernetes[0].name
  policy = data.aws_iam_policy_document.kubernetes[0].json
}

output "chart_values" {
  description = "The values of infra/helm that depend on this environment; null without var.kubernetes."
  value = !local.is_on_kubernetes ? null : {
    api = {
      settings = merge(
        {
          AWS_REGION                      = var.region
          ANALYTICS_ENV                   = var.environment
          ANALYTICS_STORE                 = "dynamodb"
          ANALYTICS_DYNAMODB_TABLE_PREFIX = local.table_prefix
          ANALYTICS_JWT_AUDIENCE          = local.token_audience
          ANALYTICS_OIDC_ISSUER           = var.oidc.issuer
          ANALYTICS_OIDC_JWKS_URL         = var.oidc.jwks_url
          ANALYTICS_OIDC_AUDIENCE         = var.oidc.audience
          ANALYTICS_KMS_KEYS              = join(",", [aws_kms_alias.signing["current"].name, aws_kms_alias.signing["next"].name])
          ANALYTICS_CURSOR_SECRET_NAME    = aws_secretsmanager_secret.cursor.name
          ANALYTICS_EVENTS_RETENTION_DAYS = tostring(var.events_retention_days)
          ANALYTICS_LAKE_RETENTION_DAYS   = tostring(var.lake_retention_days)
          ANALYTICS_LAKE_URL              = local.lake_url
          ANALYTICS_SIGN_UP               = var.sign_up
          ANALYTICS_USER_HASH_SECRET_NAME = aws_secretsmanager_secret.user_hash.name
        },
        local.telemetry_settings,
      )
      serviceAccount = {
        annotations = { "eks.amazonaws.com/role-arn" = aws_iam_role.kubernetes[0].arn }
        podLabels   = {}
      }
    }
    app = {
      settings = local.dashboard_settings
    }
  }
}
