# Alerts for the two service level objectives (answers.md, section D; over 28 days), and the budget.
locals {
  ingest_objective = 0.999 # the share of responses within a second and without our own 429 or 5xx
  # The burn rate of the error budget. At a rate of 1, the budget lasts exactly 28 days.
  burn_rate = <<-KQL
    ApiManagementGatewayLogs
    | where OperationId in ("ingest_events", "beacon_events")
    | extend bad = ResponseCode >= 500 or BackendResponseCode == 429 or TotalTime > 1000
    | summarize burn = 1.0 * countif(bad) / count() / ${1 - local.ingest_objective}
  KQL
  # rollup_metrics logs this line when a day's events have become readable, with the lag in seconds.
  rollup_lag = <<-KQL
    AppTraces
    | where AppRoleName == "${local.app_name["rollup_metrics"]}" and Message has "rollup projected"
    | summarize lag = max(toreal(parse_json(Message).lag_seconds))
  KQL
  # Without folds, no lag is measured, but then no sweep succeeds either.
  stale_sweeps = <<-KQL
    AppRequests
    | where OperationName == "sweep_rollups" and Success
    | summarize sweeps = count()
  KQL
  # rollup_metrics logs this line for each document that it can't fold and stores as a dead letter.
  dead_letters = <<-KQL
    AppTraces
    | where AppRoleName == "${local.app_name["rollup_metrics"]}" and Message has "a document can't be folded"
    | summarize letters = count()
  KQL
  burn_alerts = {
    fast = { severity = 1, threshold = 14.4, window = "PT1H", frequency = "PT5M" }
    slow = { severity = 3, threshold = 3, window = "P1D", frequency = "PT1H" }
  }
}

resource "azurerm_monitor_action_group" "operators" {
  name                = "ag-${local.name}"
  resource_group_name = azurerm_resource_group.this.name
  short_name          = "operators"
  tags                = local.tags

  email_receiver {
    name                    = "operators"
    email_address           = var.operators_email
    use_common_alert_schema = true
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "ingest_available" {
  for_each = local.is_gateway_logged ? local.burn_alerts : {}

  name                    = "ingest-available-${each.key}-burn"
  description             = "Objective: 99.9 % of ingest requests within 1 s and without our 429 or 5xx. The error budget burns ${each.value.threshold} times too fast."
  resource_group_name     = azurerm_resource_group.this.name
  location                = var.location
  scopes                  = [azurerm_log_analytics_workspace.this.id]
  severity                = each.value.severity
  window_duration         = each.value.window
  evaluation_frequency    = each.value.frequency
  auto_mitigation_enabled = true
  skip_query_validation   = true # the table doesn't exist before the first request
  tags                    = local.tags

  criteria {
    query                   = local.burn_rate
    metric_measure_column   = "burn"
    time_aggregation_method = "Maximum"
    operator                = "GreaterThan"
    threshold               = each.value.threshold
  }
  action {
    action_groups = [azurerm_monitor_action_group.operators.id]
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "metrics_fresh" {
  name                    = "metrics-fresh"
  description             = "Objective: 99 % of events are in the metrics within 60 s. Some events became readable more than 5 minutes after they were received."
  resource_group_name     = azurerm_resource_group.this.name
  location                = var.location
  scopes                  = [azurerm_log_analytics_workspace.this.id]
  severity                = 1
  window_duration         = "PT5M"
  evaluation_frequency    = "PT5M"
  auto_mitigation_enabled = true
  skip_query_validation   = true
  tags                    = local.tags

  criteria {
    query                   = local.rollup_lag
    metric_measure_column   = "lag"
    time_aggregation_method = "Maximum"
    operator                = "GreaterThan"
    threshold               = 5 * 60
  }
  action {
    action_groups = [azurerm_monitor_action_group.operators.id]
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "rollups_swept" {
  name                    = "rollups-swept"
  description             = "No sweep of the rollups has succeeded for 15 minutes, although three were due."
  resource_group_name     = azurerm_resource_group.this.name
  location                = var.location
  scopes                  = [azurerm_log_analytics_workspace.this.id]
  severity                = 1
  window_duration         = "PT15M"
  evaluation_frequency    = "PT5M"
  auto_mitigation_enabled = true
  skip_query_validation   = true
  tags                    = local.tags

  criteria {
    query                   = local.stale_sweeps
    metric_measure_column   = "sweeps"
    time_aggregation_method = "Maximum"
    operator                = "LessThan"
    threshold               = 1
  }
  action {
    action_groups = [azurerm_monitor_action_group.operators.id]
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "dead_letters" {
  name                    = "dead-letters"
  description             = "Documents could not be folded and were stored in dead_letters with the reason. Metrics lack their events until the day is recounted."
  resource_group_name     = azurerm_resource_group.this.name
  location                = var.location
  scopes                  = [azurerm_log_analytics_workspace.this.id]
  severity                = 1
  window_duration         = "PT5M"
  evaluation_frequency    = "PT5M"
  auto_mitigation_enabled = false # somebody must repair the day
  skip_query_validation   = true
  tags                    = local.tags

  criteria {
    query                   = local.dead_letters
    metric_measure_column   = "letters"
    time_aggregation_method = "Maximum"
    operator                = "GreaterThan"
    threshold               = 0
  }
  action {
    action_groups = [azurerm_monitor_action_group.operators.id]
  }
}

# The vault logs the Event Grid events of its keys even if nothing subscribes to them
# (https://learn.microsoft.com/azure/key-vault/general/logging).
resource "azurerm_monitor_scheduled_query_rules_alert_v2" "signing_key" {
  name                    = "signing-key-not-rotated"
  description             = "The signing key was not rotated in time, or a rotation failed. The key stops signing 120 days after its creation: rotate it by hand and look for the reason."
  resource_group_name     = azurerm_resource_group.this.name
  location                = var.location
  scopes                  = [azurerm_log_analytics_workspace.this.id]
  severity                = 1
  window_duration         = "PT1H"
  evaluation_frequency    = "PT15M" # less than the window, because a log line can arrive after ten minutes
  auto_mitigation_enabled = false   # somebody must rotate the key
  skip_query_validation   = true    # the table doesn't exist before the vault's first log line
  tags                    = local.tags

  criteria {
    query                   = <<-KQL
      AzureDiagnostics
      | where ResourceProvider == "MICROSOFT.KEYVAULT"
      | where OperationName in ("KeyNearExpiryEventGridNotification", "KeyExpiredEventGridNotification")
          or (OperationName in ("KeyRotate", "KeyRotateIfDue") and ResultType != "Success")
      | summarize events = count()
    KQL
    metric_measure_column   = "events"
    time_aggregation_method = "Maximum"
    operator                = "GreaterThan"
    threshold               = 0
  }
  action {
    action_groups = [azurerm_monitor_action_group.operators.id]
  }
}

# When the budget was created, for the same reason as `time_static.signing_key`.
resource "time_static" "budget" {
  triggers = { group = azurerm_resource_group.this.id }
}

resource "azurerm_consumption_budget_resource_group" "this" {
  name              = "budget-${local.name}"
  resource_group_id = azurerm_resource_group.this.id
  amount            = var.budget
  time_grain        = "Monthly"

  # Azure accepts a monthly budget only from the current month on, and never changes its start (azurerm's pull request 12121,
  # Azure/azure-quickstart-templates' issue 7095).
  time_period {
    start_date = formatdate("YYYY-MM-01'T'00:00:00Z", time_static.budget.rfc3339)
  }

  dynamic "notification" {
    for_each = { Actual = 80, Forecasted = 100 }
    content {
      threshold_type = notification.key
      threshold      = notification.value
      operator       = "GreaterThan"
      contact_groups = [azurerm_monitor_action_group.operators.id]
    }
  }

  lifecycle {
    ignore_changes = [time_period]
  }
}
