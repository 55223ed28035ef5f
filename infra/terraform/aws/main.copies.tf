# A further copy of an environment, in another region, replaces the first copy after the loss of its region:
# docs/region-loss-aws.md. It has its own resources, but continues with the replicas of the tables. CloudFront is global, and two
# distributions can't have the same alias.
import {
  for_each = var.copy == 1 ? {} : local.tables
  to       = aws_dynamodb_table.this[each.key]
  id       = "${local.table_prefix}${each.key}"
}

import {
  for_each = var.copy == 1 ? {} : local.fronted_api
  to       = aws_cloudfront_distribution.api[each.key]
  id       = var.api_firewall.distribution
}
