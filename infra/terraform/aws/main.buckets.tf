# Two buckets: the event lake, and the zip files of the functions, because Lambda accepts at most 50 MB in a request.
# Versioning is off: earlier versions would keep erased events, and a lost lake can be built again from the store.
resource "aws_s3_bucket" "this" {
  # checkov:skip=CKV_AWS_18: Only functions read the files, and their own logs list what they do.
  # checkov:skip=CKV_AWS_21: Earlier versions would keep erased events.
  # checkov:skip=CKV_AWS_144: The files can be built again, from the store and from the repository.
  # checkov:skip=CKV_AWS_145: Keys of S3 encrypt the files; see README.md, "Choices".
  # checkov:skip=CKV2_AWS_6: aws_s3_bucket_public_access_block.this blocks it for both buckets.
  # checkov:skip=CKV2_AWS_61: aws_s3_bucket_lifecycle_configuration.this has the rules of both buckets.
  # checkov:skip=CKV2_AWS_62: Nothing waits for new files.

  for_each = toset(["lake", "packages"])

  bucket        = "${local.name}-${each.key}-${var.account_id}" # the names of all accounts share one namespace
  force_destroy = local.is_dev
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = aws_s3_bucket.this

  bucket                  = each.value.bucket
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.bucket
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

data "aws_iam_policy_document" "only_tls" {
  for_each = aws_s3_bucket.this

  statement {
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [each.value.arn, "${each.value.arn}/*"]
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.bucket
  policy = data.aws_iam_policy_document.only_tls[each.key].json
}

# A process that is killed while it writes a large file leaves an incomplete upload, which is billed but not listed.
resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.bucket
  rule {
    id     = "incomplete-uploads"
    status = "Enabled"
    filter {}
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

# A changed zip file gets another key, so Terraform deletes the earlier one. Lambda keeps its own copy of each version.
resource "aws_s3_object" "package" {
  for_each = local.functions

  bucket = aws_s3_bucket.this["packages"].bucket
  key    = "${each.key}/${filesha256(local.zip[each.key])}.zip"
  source = local.zip[each.key]
}

locals {
  zip      = { for function in local.functions : function => "${var.bundles}/${function}.zip" }
  lake_url = "s3://${aws_s3_bucket.this["lake"].bucket}"
  # What the needs of a function permit with the files of the lake. A reader or writer also lists files, without a
  # condition on the prefix: S3 would otherwise respond 403 instead of 404 for a missing file.
  lake_actions = {
    lake        = ["s3:GetObject"]
    lake_writer = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
  }
  lake_rights = { for function, needs in local.needs : function => distinct(flatten([for need in needs : lookup(local.lake_actions, need, [])])) }
  lake_files  = "${aws_s3_bucket.this["lake"].arn}/events/*"
}
