# The tables of src/api/stores/dynamodb_tables.py. A test compares both definitions field by field.
locals {
  tables = {
    events        = { index = "unfolded", has_stream = true, expires = true }
    days          = { expires = true }
    idempotency   = { expires = true }
    rollups       = {}
    metrics       = {}
    dead_letters  = {}
    organizations = {}
    users         = {}
    memberships   = { index = "org_id" }
    api_keys      = { index = "org_id" }
    invitations   = { index = "org_id", expires = true }
    audit         = { index = "pending", expires = true }
    erasures      = { index = "pending" }
    views         = {}
    alerts        = {}
    quotas        = { expires = true }
    leases        = {}
  }
  is_replicated = var.replica_region != null # the replication reads a stream of old and new images
}

resource "aws_dynamodb_table" "this" {
  # checkov:skip=CKV_AWS_119: The AWS managed key encrypts the table; see README.md, "Choices".

  for_each = local.tables

  name                        = "${local.table_prefix}${each.key}"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "pk"
  range_key                   = "sk"
  stream_enabled              = local.is_replicated || try(each.value.has_stream, false)
  stream_view_type            = local.is_replicated ? "NEW_AND_OLD_IMAGES" : try(each.value.has_stream, false) ? "NEW_IMAGE" : null
  deletion_protection_enabled = !local.is_dev

  dynamic "attribute" {
    for_each = compact(["pk", "sk", try(each.value.index, "")])
    content {
      name = attribute.value
      type = "S"
    }
  }

  dynamic "global_secondary_index" {
    for_each = compact([try(each.value.index, "")])
    content {
      name            = global_secondary_index.value
      hash_key        = global_secondary_index.value
      projection_type = "KEYS_ONLY"
    }
  }

  dynamic "ttl" {
    for_each = try(each.value.expires, false) ? [1] : []
    content {
      enabled        = true
      attribute_name = "ttl"
    }
  }

  point_in_time_recovery {
    enabled                 = true
    recovery_period_in_days = var.recovery_days
  }

  # Nothing writes to the replicas while this region works; see docs/region-loss-aws.md.
  dynamic "replica" {
    for_each = var.replica_region[*]
    content {
      region_name                 = replica.value
      consistency_mode            = "EVENTUAL"
      deletion_protection_enabled = !local.is_dev
      point_in_time_recovery      = true
      propagate_tags              = true
    }
  }

  server_side_encryption {
    enabled = true # with the AWS managed key of the account, whose use CloudTrail logs
  }
}
