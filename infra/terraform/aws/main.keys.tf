# The keys that sign tokens never leave KMS. There are two aliases: the key of `current` signs, and both are published.
resource "aws_kms_key" "signing" {
  for_each = toset(values(var.signing_keys))

  description              = "Signs access tokens: ${each.key}."
  key_usage                = "SIGN_VERIFY"
  customer_master_key_spec = "RSA_2048"
  deletion_window_in_days  = 30
  policy                   = data.aws_iam_policy_document.signing_key.json
}

resource "aws_kms_alias" "signing" {
  for_each = var.signing_keys

  name          = "alias/${local.name}-signing-${each.key}"
  target_key_id = aws_kms_key.signing[each.value].key_id
}

# In a key policy, "*" means the key itself. Account administrators manage the key; its users are listed here and in IAM.
data "aws_iam_policy_document" "signing_key" {
  # checkov:skip=CKV_AWS_109: In a key's own policy, "*" is the key.
  # checkov:skip=CKV_AWS_111: In a key's own policy, "*" is the key.
  # checkov:skip=CKV_AWS_356: In a key's own policy, "*" is the key.

  statement {
    sid       = "LookAfter"
    resources = ["*"]
    actions = [
      "kms:CancelKeyDeletion", "kms:CreateAlias", "kms:DeleteAlias", "kms:DescribeKey", "kms:DisableKey", "kms:EnableKey",
      "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:GetPublicKey", "kms:ListResourceTags", "kms:PutKeyPolicy",
      "kms:ScheduleKeyDeletion", "kms:TagResource", "kms:UntagResource", "kms:UpdateAlias", "kms:UpdateKeyDescription",
    ]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${var.account_id}:root"]
    }
  }
  statement {
    sid       = "Sign"
    resources = ["*"]
    actions   = ["kms:Sign"]
    principals {
      type        = "AWS"
      identifiers = concat([for function, needs in local.needs : aws_iam_role.function[function].arn if contains(needs, "signing_key")], aws_iam_role.kubernetes[*].arn)
    }
    # Each of the two policies permits the call without the other, so both need the condition.
    condition {
      test     = "StringEquals"
      variable = "kms:SigningAlgorithm"
      values   = ["RSASSA_PKCS1_V1_5_SHA_256"]
    }
  }
  statement {
    sid       = "Publish"
    resources = ["*"]
    actions   = ["kms:GetPublicKey"]
    principals {
      type        = "AWS"
      identifiers = concat([for function in local.signing_functions : aws_iam_role.function[function].arn], aws_iam_role.kubernetes[*].arn)
    }
  }
}

locals {
  signing_key_arns = sort(values(aws_kms_key.signing)[*].arn)
}

# The secrets are generated and written during an apply, so neither the plan nor the state contains them.
ephemeral "random_password" "cursor" {
  length  = 64
  special = false
}

resource "aws_secretsmanager_secret" "cursor" {
  # checkov:skip=CKV_AWS_149: The AWS managed key encrypts the secret; see README.md, "Choices".
  # checkov:skip=CKV2_AWS_57: A new version has a price for customers, so operators decide when to replace it; see README.md, "Rotation".

  name                    = "${local.name}-cursor"
  description             = "Signs the cursors of GET /events."
  recovery_window_in_days = local.is_dev ? 7 : 30
}

resource "aws_secretsmanager_secret_version" "cursor" {
  secret_id                = aws_secretsmanager_secret.cursor.id
  secret_string_wo         = ephemeral.random_password.cursor.result
  secret_string_wo_version = var.secrets_version
}

ephemeral "random_password" "user_hash" {
  length  = 64
  special = false
}

resource "aws_secretsmanager_secret" "user_hash" {
  # checkov:skip=CKV_AWS_149: The AWS managed key encrypts the secret; see README.md, "Choices".
  # checkov:skip=CKV2_AWS_57: A new version has a price for customers, so operators decide when to replace it; see README.md, "Rotation".

  name                    = "${local.name}-user-hash"
  description             = "User ids are hashed with keys derived from it."
  recovery_window_in_days = local.is_dev ? 7 : 30
}

resource "aws_secretsmanager_secret_version" "user_hash" {
  secret_id                = aws_secretsmanager_secret.user_hash.id
  secret_string_wo         = ephemeral.random_password.user_hash.result
  secret_string_wo_version = var.user_hash_secret_version
}
