# The dashboard's network and its load balancer. The functions are in no network; see README.md, "Choices".
data "aws_availability_zones" "this" {
  # checkov:skip=CKV_AWS_394: A new zone gets a later letter, so the first two stay the same.

  state = "available"

  filter {
    name   = "opt-in-status" # no local zones, whose names come first
    values = ["opt-in-not-required"]
  }
}

locals {
  zones = var.domain == null ? {} : { for index in [0, 1] : tostring(index) => data.aws_availability_zones.this.names[index] }
}

resource "aws_vpc" "dashboard" {
  # checkov:skip=CKV2_AWS_11: The load balancer's log lists every request.
  # checkov:skip=CKV2_AWS_12: Nothing uses the default security group.

  for_each = local.dashboard_host

  cidr_block           = "10.50.0.0/24"
  enable_dns_hostnames = true
  enable_dns_support   = true
}

resource "aws_subnet" "dashboard" {
  for_each = local.zones

  vpc_id                  = aws_vpc.dashboard["dashboard"].id
  cidr_block              = cidrsubnet("10.50.0.0/24", 2, tonumber(each.key))
  availability_zone       = each.value
  map_public_ip_on_launch = false
}

resource "aws_internet_gateway" "dashboard" {
  for_each = local.dashboard_host

  vpc_id = aws_vpc.dashboard[each.key].id
}

resource "aws_route_table" "dashboard" {
  for_each = local.dashboard_host

  vpc_id = aws_vpc.dashboard[each.key].id
}

resource "aws_route" "internet" {
  for_each = local.dashboard_host

  route_table_id         = aws_route_table.dashboard[each.key].id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.dashboard[each.key].id
}

resource "aws_route_table_association" "dashboard" {
  for_each = local.zones

  subnet_id      = aws_subnet.dashboard[each.key].id
  route_table_id = aws_route_table.dashboard["dashboard"].id
}

resource "aws_security_group" "balancer" {
  for_each = local.dashboard_host

  name        = "${local.dashboard_name}-balancer"
  description = "Browsers reach the load balancer, which reaches only the tasks."
  vpc_id      = aws_vpc.dashboard[each.key].id
}

resource "aws_security_group" "tasks" {
  for_each = local.dashboard_host

  name        = "${local.dashboard_name}-tasks"
  description = "Only the load balancer reaches the tasks."
  vpc_id      = aws_vpc.dashboard[each.key].id
}

resource "aws_vpc_security_group_ingress_rule" "browsers" {
  for_each = local.dashboard_host

  security_group_id = aws_security_group.balancer[each.key].id
  description       = "Browsers"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "to_tasks" {
  for_each = local.dashboard_host

  security_group_id            = aws_security_group.balancer[each.key].id
  description                  = "The dashboard's tasks"
  referenced_security_group_id = aws_security_group.tasks[each.key].id
  ip_protocol                  = "tcp"
  from_port                    = 3000
  to_port                      = 3000
}

resource "aws_vpc_security_group_ingress_rule" "from_balancer" {
  for_each = local.dashboard_host

  security_group_id            = aws_security_group.tasks[each.key].id
  description                  = "The load balancer"
  referenced_security_group_id = aws_security_group.balancer[each.key].id
  ip_protocol                  = "tcp"
  from_port                    = 3000
  to_port                      = 3000
}

resource "aws_vpc_security_group_egress_rule" "internet" {
  for_each = local.dashboard_host

  security_group_id = aws_security_group.tasks[each.key].id
  description       = "The API, the identity provider, the registry and the secrets"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_lb" "dashboard" {
  # checkov:skip=CKV_AWS_150: Only dev may be destroyed.
  # checkov:skip=CKV_AWS_91: The dashboard's own log lists every request, with the id that is also in the API's log.
  # checkov:skip=CKV2_AWS_76: The web application firewall of var.firewall has the managed rules.

  for_each = local.dashboard_host

  name                       = local.dashboard_name
  internal                   = false
  load_balancer_type         = "application"
  security_groups            = [aws_security_group.balancer[each.key].id]
  subnets                    = values(aws_subnet.dashboard)[*].id
  drop_invalid_header_fields = true
  enable_deletion_protection = !local.is_dev
}

resource "aws_lb_target_group" "dashboard" {
  # checkov:skip=CKV_AWS_378: Between the load balancer and the tasks, traffic stays in the network.

  for_each = local.dashboard_host

  name                 = local.dashboard_name
  target_type          = "ip"
  vpc_id               = aws_vpc.dashboard[each.key].id
  protocol             = "HTTP"
  port                 = 3000
  deregistration_delay = 30

  health_check {
    path    = "/healthz"
    matcher = "200"
  }
}

resource "aws_lb_listener" "dashboard" {
  for_each = local.dashboard_host

  load_balancer_arn = aws_lb.dashboard[each.key].arn
  protocol          = "HTTPS"
  port              = 443
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = aws_acm_certificate_validation.this[each.key].certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.dashboard[each.key].arn
  }
}
