# What each function may do: the actions of functions/manifest.json in DynamoDB's terms, and the few outside the store.
#
# `dynamodb:LeadingKeys` can't restrict a role to one organisation: a function serves all of them, and the organisation
# of a request is in its token, which IAM doesn't see. It would need a role with a session tag for each organisation,
# assumed for every request. The check is in api/dependencies.py instead, and every key begins with the organisation's id.
locals {
  # Data actions of Cosmos DB as DynamoDB's. Metadata and, in queries, the change feed are used only by the SDK of Cosmos DB.
  actions_of = {
    "items/create"   = ["PutItem"]
    "items/read"     = ["GetItem"]
    "items/replace"  = ["PutItem"]
    "items/delete"   = ["DeleteItem"]
    "executeQuery"   = ["Query"]
    "readChangeFeed" = []
    "readMetadata"   = []
  }
  # Functions that get items by their keys where they send a query to Cosmos DB.
  asks_by_key = ["beacon_events", "ingest_events", "list_keys"]
  # Permissions that only this store needs: for the list of days, the indexes, and a health check that describes a table.
  own_rights = {
    beacon_events = { "days" = ["PutItem"] }
    check_health  = { "events" = ["DescribeTable"] }
    ingest_events = { "days" = ["PutItem"] }
    list_keys     = { "api_keys/index/org_id" = ["Query"] }
    query_events  = { "days" = ["Query"] }
    rollup_metrics = {
      "days"                  = ["Query"] # a day is rebuilt from its events
      "events/index/unfolded" = ["Scan"]
      "leases"                = ["GetItem", "PutItem"]                  # the marker of outdated days
      "rollups"               = ["GetItem", "PutItem", "Query", "Scan"] # a scan finds outdated days
    }
  }
  # Lambda itself stores the position in the stream.
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

  # The function's log.
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.function[each.key].arn}:*"] # its streams, whose names Lambda chooses
  }

  dynamic "statement" {
    for_each = local.table_rights[each.key]
    content {
      actions   = [for action in statement.value : "dynamodb:${action}"]
      resources = [replace(statement.key, "/^[a-z_]+/", aws_dynamodb_table.this[split("/", statement.key)[0]].arn)]
    }
  }

  # Tokens are signed in KMS, with one algorithm.
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
  # Reads the public keys for publication, and which key signs.
  dynamic "statement" {
    for_each = contains(local.signing_functions, each.key) ? [1] : []
    content {
      actions   = ["kms:GetPublicKey"]
      resources = local.signing_key_arns
    }
  }
  # Cursors are signed with a secret.
  dynamic "statement" {
    for_each = contains(local.needs[each.key], "cursor_secret") ? [1] : []
    content {
      actions   = ["secretsmanager:GetSecretValue"]
      resources = [aws_secretsmanager_secret.cursor.arn]
    }
  }
  # User ids are hashed with keys derived from a secret.
  dynamic "statement" {
    for_each = contains(local.hashing_functions, each.key) ? [1] : []
    content {
      actions   = ["secretsmanager:GetSecretValue"]
      resources = [aws_secretsmanager_secret.user_hash.arn]
    }
  }
  # Lambda reads the stream, and queues failed batches, with the role of the function it calls.
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
      resources = [aws_sqs_queue.failed_changes.arn]
    }
  }
}
