# The dashboard: two or more tasks on Fargate behind a load balancer. The tasks have public addresses instead of a NAT
# gateway, and only the load balancer can connect to them.
locals {
  dashboard_url  = var.domain == null ? null : "https://${var.domain.dashboard}"
  dashboard_name = "${local.name}-dashboard"
  # The dashboard's settings that don't depend on where it runs; main.kubernetes.tf uses them too.
  dashboard_settings = {
    ANALYTICS_ENV           = var.environment
    ANALYTICS_OIDC_ISSUER   = var.oidc.issuer
    ANALYTICS_OIDC_AUDIENCE = var.oidc.audience
    ANALYTICS_OIDC_SCOPE    = var.oidc.scope
    ANALYTICS_SIGN_UP       = var.sign_up
  }
  # Settings whose values the platform reads from Secrets Manager when it starts a task.
  dashboard_secrets = merge(
    { for secret in aws_secretsmanager_secret.session : "ANALYTICS_SESSION_SECRET" => secret.arn },
    { for secret in aws_secretsmanager_secret.oidc_client : "ANALYTICS_OIDC_CLIENT_SECRET" => secret.arn },
  )
}

resource "aws_ecs_cluster" "dashboard" {
  for_each = local.dashboard_host

  name = local.dashboard_name

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_cloudwatch_log_group" "dashboard" {
  # checkov:skip=CKV_AWS_158: CloudWatch encrypts logs with its own keys; see README.md, "Choices".
  # checkov:skip=CKV_AWS_338: Logs contain request ids of customers, and expire when nobody needs them any more.

  for_each = local.dashboard_host

  name              = "/aws/ecs/${local.dashboard_name}"
  retention_in_days = var.log_retention_days
}

resource "aws_ecs_task_definition" "dashboard" {
  # checkov:skip=CKV_AWS_336: The dashboard writes to its cache, and Fargate's volumes belong to root.

  for_each = local.dashboard_host

  family                   = local.dashboard_name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 512
  memory                   = 1024
  execution_role_arn       = aws_iam_role.dashboard[each.key].arn # the dashboard itself needs no permissions

  runtime_platform {
    cpu_architecture        = "X86_64"
    operating_system_family = "LINUX"
  }

  container_definitions = jsonencode([{
    name                   = "dashboard"
    image                  = "${var.account_id}.dkr.ecr.${var.region}.amazonaws.com/${var.dashboard_image}"
    essential              = true
    readonlyRootFilesystem = false
    portMappings           = [{ containerPort = 3000, hostPort = 3000, protocol = "tcp" }]
    environment = [
      for name, value in merge(local.dashboard_settings, {
        ANALYTICS_API_URL        = local.issuer
        ANALYTICS_PUBLIC_API_URL = local.issuer
        ANALYTICS_DASHBOARD_URL  = local.dashboard_url
      }) : { name = name, value = value }
    ]
    secrets = [for name, arn in local.dashboard_secrets : { name = name, valueFrom = arn }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.dashboard[each.key].name
        awslogs-region        = var.region
        awslogs-stream-prefix = "dashboard"
      }
    }
  }])
}

resource "aws_ecs_service" "dashboard" {
  # checkov:skip=CKV_AWS_333: The tasks need a public address without a NAT gateway; only the load balancer can connect to them.

  for_each = local.dashboard_host

  name                              = local.dashboard_name
  cluster                           = aws_ecs_cluster.dashboard[each.key].arn
  task_definition                   = aws_ecs_task_definition.dashboard[each.key].arn
  desired_count                     = local.is_dev ? 1 : 2
  launch_type                       = "FARGATE"
  health_check_grace_period_seconds = 60
  wait_for_steady_state             = true

  # A version whose tasks don't become healthy never gets traffic, and the earlier one stays.
  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }
  network_configuration {
    subnets          = values(aws_subnet.dashboard)[*].id
    security_groups  = [aws_security_group.tasks[each.key].id]
    assign_public_ip = true
  }
  load_balancer {
    target_group_arn = aws_lb_target_group.dashboard[each.key].arn
    container_name   = "dashboard"
    container_port   = 3000
  }

  depends_on = [aws_lb_listener.dashboard, aws_iam_role_policy.dashboard]
}

data "aws_iam_policy_document" "assumed_by_tasks" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account_id]
    }
  }
}

resource "aws_iam_role" "dashboard" {
  for_each = local.dashboard_host

  name               = local.dashboard_name
  description        = "Starts the dashboard's tasks."
  assume_role_policy = data.aws_iam_policy_document.assumed_by_tasks.json
}

data "aws_iam_policy_document" "dashboard" {
  # checkov:skip=CKV_AWS_356: ecr:GetAuthorizationToken has no resource.

  for_each = local.dashboard_host

  statement {
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"] # the action has no resource
  }
  statement {
    actions   = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = ["arn:aws:ecr:${var.region}:${var.account_id}:repository/${split("@", var.dashboard_image)[0]}"]
  }
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.dashboard[each.key].arn}:*"]
  }
  statement {
    actions   = ["secretsmanager:GetSecretValue"]
    resources = values(local.dashboard_secrets)
  }
}

resource "aws_iam_role_policy" "dashboard" {
  for_each = local.dashboard_host

  name   = "rights"
  role   = aws_iam_role.dashboard[each.key].name
  policy = data.aws_iam_policy_document.dashboard[each.key].json
}

ephemeral "random_password" "session" {
  length  = 64
  special = false
}

resource "aws_secretsmanager_secret" "session" {
  # checkov:skip=CKV_AWS_149: The AWS managed key encrypts the secret; see README.md, "Choices".
  # checkov:skip=CKV2_AWS_57: A new version ends every session, so operators decide when to replace it; see README.md, "Rotation".

  for_each = toset(var.domain == null ? [] : ["session"])

  name                    = "${local.name}-session"
  description             = "Seals the dashboard's sessions."
  recovery_window_in_days = local.is_dev ? 7 : 30
}

resource "aws_secretsmanager_secret_version" "session" {
  for_each = aws_secretsmanager_secret.session

  secret_id                = each.value.id
  secret_string_wo         = ephemeral.random_password.session.result
  secret_string_wo_version = var.session_secret_version
}

resource "aws_secretsmanager_secret" "oidc_client" {
  # checkov:skip=CKV_AWS_149: The AWS managed key encrypts the secret; see README.md, "Choices".
  # checkov:skip=CKV2_AWS_57: The identity provider issues the secret.

  for_each = toset(var.domain == null || var.oidc_client_secret_version == 0 ? [] : ["oidc_client"])

  name                    = "${local.name}-oidc-client"
  description             = "Authenticates the dashboard at the identity provider."
  recovery_window_in_days = local.is_dev ? 7 : 30
}

resource "aws_secretsmanager_secret_version" "oidc_client" {
  for_each = aws_secretsmanager_secret.oidc_client

  secret_id                = each.value.id
  secret_string_wo         = var.oidc_client_secret
  secret_string_wo_version = var.oidc_client_secret_version
}
