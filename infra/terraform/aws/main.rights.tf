# The permissions of each function: the actions of functions/manifest.json as DynamoDB actions, and a few outside the store.
#
# `dynamodb:LeadingKeys` can't restrict a role to one organisation, because each function serves all organisations, and
# IAM can't read the organisation from the token. Every request would have to assume a role with a session tag for its
# organisation. Instead, api/dependencies.py checks the organisation, and every key begins with the organisation's id.
locals {
  # DynamoDB's actions for each data action of Cosmos DB. Only the SDK of Cosmos DB reads metadata and, in queries, the
  # change feed.
  actions_of = {
    "items/create"   = ["PutItem"]
    "items/read"     = ["GetItem"]
    "items/replace"  = ["PutItem"]
    "items/delete"   = ["DeleteItem"]
    "executeQuery"   = ["Query"]
    "readChangeFeed" = []
    "readMetadata"   = []
  }
  # Functions that read items by their keys on DynamoDB, but with a query on Cosmos DB.
  asks_by_key = ["beacon_events", "create_key", "ingest_events", "join_organization", "list_keys", "manage_organization"]
  # Permissions that only DynamoDB needs: for the list of days, for indexes, and for the health check, which describes a table.
  own_rights = {
    archive_events = {
      "days"                   = ["Query"] # to read a day's events
      "erasures"               = ["BatchGetItem", "DeleteItem", "GetItem", "PutItem", "Query"]
      "erasures/index/pending" = ["Query"]
      "leases"                 = ["GetItem", "PutItem"] # for the list of days that could not be archived
      "organizations"          = ["GetItem", "Scan"]
    }
    beacon_events     = { "days" = ["PutItem"], "erasures" = ["GetItem", "Query"], "rollups" = ["GetItem", "Query"] }
    check_alerts      = { "alerts" = ["DeleteItem", "GetItem", "PutItem", "Scan"] } # a scan finds the alerts of all organisations
    check_health      = { "events" = ["DescribeTable"] }
    create_key        = { "api_keys/index/org_id" = ["Query"] }
    ingest_events     = { "days" = ["PutItem"], "erasures" = ["GetItem", "Query"], "rollups" = ["GetItem", "Query"] }
    list_keys         = { "api_keys/index/org_id" = ["Query"] }
    join_organization = { "memberships/index/org_id" = ["Query"] }
    manage_organization = {
      "alerts"                   = ["GetItem", "PutItem", "Query"]
      "invitations/index/org_id" = ["Query"]
      "memberships/index/org_id" = ["Query"]
      "views"                    = ["GetItem", "PutItem", "Query"]
    }
    manage_privacy = { "days" = ["Query"] } # to export a user's events
    query_events   = { "days" = ["Query"] }
    rollup_metrics = {
      "audit"                  = ["BatchGetItem", "DeleteItem", "GetItem", "PutItem"] # interrupted administrative acts
      "audit/index/pending"    = ["Query"]
      "days"                   = ["Query"] # to rebuild a day from its events
      "erasures"               = ["BatchGetItem", "DeleteItem", "GetItem", "PutItem"]
      "erasures/index/pending" = ["Query"]
      "events/index/unfolded"  = ["Scan"]
      "leases"                 = ["GetItem", "PutItem"]                  # for the marker of outdated days
      "organizations"          = ["GetItem", "PutItem", "Scan"]          # a scan finds organisations whose events expire
      "rollups"                = ["GetItem", "PutItem", "Query", "Scan"] # a scan finds outdated days
    }
  }
  # On AWS, functions need no leases, because Lambda stores the position in the stream.
  unused_containers = ["/", "leases"]

  table_rights = {
    for function in local.functions : function => merge(
      {
        for container, entry in local.rights[function] : container => distinct(flatten([
          for action in entry.actions :
          action == "executeQuery" && contains(local.asks_by_key, function) ? ["BatchGetItem"] : local.actions_of[action]
        ])) if !contains(local.unused_containers, container)
      },
      lookup(local.own_rights, function, {}),
    )
  }
}

data "aws_iam_policy_document" "function" {
  for_each = local.functions

  # Every function writes its log.
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.function[each.key].arn}:*"] # all log streams, whose names Lambda chooses
  }

  dynamic "statement" {
    for_each = local.table_rights[each.key]
    content {
      actions   = [for action in statement.value : "dynamodb:${action}"]
      resources = [replace(statement.key, "/^[a-z_]+/", aws_dynamodb_table.this[split("/", statement.key)[0]].arn)]
    }
  }

  # Sign tokens in KMS, with one algorithm.
  dynamic "statement" {
    for_each = contains(local.needs[each.key], "signing_key") ? [1] : []
    content {
      actions   = ["kms:Sign"]
      resources = local.signing_key_arns
      condition {
        test     = "StringEquals"
        variable = "kms:SigningAlgorithm"
        values   = ["RSASSA_PKCS1_V1_5_SHA_256"]
      }
    }
  }
  # Read the public keys, to publish them and to identify the signing key.
  dynamic "statement" {
    for_each = contains(local.signing_functions, each.key) ? [1] : []
    content {
      actions   = ["kms:GetPublicKey"]
      resources = local.signing_key_arns
    }
  }
  # Read the secret that signs cursors.
  dynamic "statement" {
    for_each = contains(local.needs[each.key], "cursor_secret") ? [1] : []
    content {
      actions   = ["secretsmanager:GetSecretValue"]
      resources = [aws_secretsmanager_secret.cursor.arn]
    }
  }
  # Read the secret from which the keys for hashes of user ids are derived.
  dynamic "statement" {
    for_each = contains(local.hashing_functions, each.key) ? [1] : []
    content {
      actions   = ["secretsmanager:GetSecretValue"]
      resources = [aws_secretsmanager_secret.user_hash.arn]
    }
  }
  # Read or write the tables of the event lake.
  dynamic "statement" {
    for_each = length(local.lake_rights[each.key]) > 0 ? [1] : []
    content {
      actions   = local.lake_rights[each.key]
      resources = [local.lake_files]
    }
  }
  dynamic "statement" {
    for_each = length(local.lake_rights[each.key]) > 0 ? [1] : []
    content {
      actions   = ["s3:ListBucket"]
      resources = [aws_s3_bucket.this["lake"].arn]
    }
  }
  # Lambda uses the function's role to read the stream and to queue failed batches.
  dynamic "statement" {
    for_each = contains(local.needs[each.key], "change_feed") ? [1] : []
    content {
      actions = [
        "dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams",
      ]
      resources = [aws_dynamodb_table.this["events"].stream_arn]
    }
  }
  dynamic "statement" {
    for_each = contains(local.needs[each.key], "change_feed") ? [1] : []
    content {
      actions   = ["sqs:SendMessage"]
      resources = [aws_sqs_queue.failed[each.key].arn]
    }
  }
}
