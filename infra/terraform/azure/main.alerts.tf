# Alerts for the two service level objectives (answers.md, section D; over 28 days) and for failures of each part, and the
# budget. tests/infra evaluates every alert with the telemetry that causes it.
locals {
  ingest_objective = 0.999                                                             # the share of responses within a second and without our own 429 or 5xx
  rollup_app       = azurerm_function_app_flex_consumption.this["rollup_metrics"].name # the host's telemetry contains the app's name as AppRoleName
  archive_app      = azurerm_function_app_flex_consumption.this["archive_events"].name
  is_probed        = var.dashboard_replicas.min > 0 # otherwise, the probe would keep the dashboard running

  # A log line can arrive after some minutes, so windows are longer than the intervals between evaluations. An alert that
  # doesn't resolve automatically notifies once per window.
  log_alerts = merge(
    {
      # rollup_metrics logs this line when a day's events have become readable, with the lag in seconds.
      metrics-fresh = {
        description = "Objective: 99 % of events are in the metrics within 60 s. Some events became readable more than 5 minutes after they were received."
        severity    = 1, window = "PT15M", frequency = "PT5M", resolves = true
        column      = "lag", operator = "GreaterThan", threshold = 5 * 60
        query       = <<-KQL
          AppTraces
          | where AppRoleName == "${local.rollup_app}" and Message has "rollup projected"
          | summarize lag = max(toreal(parse_json(Message).lag_seconds))
        KQL
      }
      # If the change feed isn't delivered, only sweeps fold events, and nothing projects them.
      changes-wait = {
        description = "Events waited for more than 2 minutes until they were folded: the change feed is late, or isn't delivered at all."
        severity    = 1, window = "PT15M", frequency = "PT5M", resolves = true
        column      = "lag", operator = "GreaterThan", threshold = 2 * 60
        query       = <<-KQL
          AppTraces
          | where AppRoleName == "${local.rollup_app}" and Message has "events were folded late"
          | summarize lag = max(toreal(parse_json(Message).lag_seconds))
        KQL
      }
      # Without folds, no lag is measured, but then no sweep succeeds either.
      rollups-swept = {
        description = "No sweep of the rollups has succeeded for 15 minutes, although three were due."
        severity    = 1, window = "PT15M", frequency = "PT5M", resolves = true
        column      = "sweeps", operator = "LessThan", threshold = 1
        query       = <<-KQL
          AppRequests
          | where OperationName == "sweep_rollups" and Success
          | summarize sweeps = count()
        KQL
      }
      # archive_events logs this line after a write to the lake, with the lag of the oldest event in seconds.
      lake-fresh = {
        description = "Some events were in the event lake only more than 15 minutes after they were received."
        severity    = 2, window = "PT15M", frequency = "PT5M", resolves = true
        column      = "lag", operator = "GreaterThan", threshold = 15 * 60
        query       = <<-KQL
          AppTraces
          | where AppRoleName == "${local.archive_app}" and Message has "events archived"
          | summarize lag = max(toreal(parse_json(Message).lag_seconds))
        KQL
      }
      # Without writes to the lake, no lag is measured. But every change is delivered to both readers of the change feed: to
      # rollup_metrics within seconds, and to archive_events within a minute, which may be some seconds earlier.
      lake-waits = {
        description = "Changes of the last half hour were delivered to rollup_metrics, but none to archive_events: look at the host's log of archive_events for errors of the trigger."
        severity    = 2, window = "PT30M", frequency = "PT5M", resolves = true
        column      = "waiting", operator = "GreaterThan", threshold = 0
        query       = <<-KQL
          AppRequests
          | where Success and OperationName in ("rollup_metrics", "archive_events")
          | extend is_due = OperationName == "rollup_metrics" and TimeGenerated > ago(29m) and TimeGenerated < ago(15m)
          | summarize delivered = countif(is_due), archived = countif(OperationName == "archive_events")
          | extend waiting = iff(archived == 0, delivered, 0)
        KQL
      }
      # The readers of the change feed log this line for each document that they can't process and store as a dead letter.
      dead-letters = {
        description = "Documents could not be processed and were stored in dead_letters with the reason. Metrics or the event lake lack their events until the day is recounted or rebuilt."
        severity    = 1, window = "PT15M", frequency = "PT5M", resolves = false # somebody must repair the day
        column      = "letters", operator = "GreaterThan", threshold = 0
        query       = <<-KQL
          AppTraces
          | where AppRoleName in ("${local.rollup_app}", "${local.archive_app}") and Message has "a document can't be processed"
          | summarize letters = count()
        KQL
      }
      # The host counts a response with 5xx as a success of the function. A row stands for ItemCount invocations, because the
      # host samples.
      functions-fail = {
        description = "At least 3 invocations and 5 % of the invocations of a function failed or responded with 5xx."
        severity    = 2, window = "PT15M", frequency = "PT5M", resolves = true
        column      = "functions", operator = "GreaterThan", threshold = 0
        query       = <<-KQL
          AppRequests
          | extend failures = iff(Success == false or toint(ResultCode) >= 500, ItemCount, 0)
          | summarize failures = sum(failures), invocations = sum(ItemCount) by AppRoleName, OperationName
          | where failures >= 3 and failures >= 0.05 * invocations
          | summarize functions = count()
        KQL
      }
      # The vault logs the Event Grid events of its keys even if nothing subscribes to them
      # (https://learn.microsoft.com/azure/key-vault/general/logging).
      signing-key-not-rotated = {
        description = "The signing key was not rotated in time, or a rotation failed. The key stops signing 120 days after its creation: rotate it by hand and look for the reason."
        severity    = 1, window = "PT1H", frequency = "PT15M", resolves = false # somebody must rotate the key
        column      = "events", operator = "GreaterThan", threshold = 0
        query       = <<-KQL
          AzureDiagnostics
          | where ResourceProvider == "MICROSOFT.KEYVAULT"
          | where OperationName in ("KeyNearExpiryEventGridNotification", "KeyExpiredEventGridNotification")
              or (OperationName in ("KeyRotate", "KeyRotateIfDue") and ResultType != "Success")
          | summarize events = count()
        KQL
      }
    },
    local.is_gateway_logged ? {
      # The burn rate of the error budget. At a rate of 1, the budget lasts exactly 28 days.
      for name, burn in {
        fast = { severity = 1, threshold = 14.4, window = "PT1H", frequency = "PT5M" }
        slow = { severity = 3, threshold = 3, window = "P1D", frequency = "PT1H" }
        } : "ingest-available-${name}-burn" => {
        description = "Objective: 99.9 % of ingest requests within 1 s and without our 429 or 5xx. The error budget burns ${burn.threshold} times too fast."
        severity    = burn.severity, window = burn.window, frequency = burn.frequency, resolves = true
        column      = "burn", operator = "GreaterThan", threshold = burn.threshold
        query       = <<-KQL
          ApiManagementGatewayLogs
          | where OperationId in ("ingest_events", "beacon_events")
          | extend bad = ResponseCode >= 500 or BackendResponseCode == 429 or TotalTime > 1000
          | summarize burn = 1.0 * countif(bad) / count() / ${1 - local.ingest_objective}
        KQL
      }
    } : {},
    local.is_gateway_logged ? {
      # An app that doesn't start logs no invocation, but the gateway logs its responses.
      operations-fail = {
        description = "At least 3 requests and 5 % of the requests of an operation got a 5xx response from the gateway."
        severity    = 2, window = "PT15M", frequency = "PT5M", resolves = true
        column      = "operations", operator = "GreaterThan", threshold = 0
        query       = <<-KQL
          ApiManagementGatewayLogs
          | extend failure = iff(ResponseCode >= 500, 1, 0)
          | summarize failures = sum(failure), requests = count() by OperationId
          | where failures >= 3 and failures >= 0.05 * requests
          | summarize operations = count()
        KQL
      }
    } : {},
    local.is_probed ? {
      dashboard-down = {
        description = "No probe of the dashboard has succeeded for 15 minutes, although six were due."
        severity    = 1, window = "PT15M", frequency = "PT5M", resolves = true
        column      = "successes", operator = "LessThan", threshold = 1
        query       = <<-KQL
          AppAvailabilityResults
          | where Name == "${local.probe_name}" and Success
          | summarize successes = count()
        KQL
      }
    } : {},
  )
  probe_name = "dashboard-${var.environment}"

  # The platform's own metrics, which don't depend on logs.
  metric_alerts = merge(
    {
      store-throttled = {
        description = "Cosmos DB throttled 300 requests in 5 minutes. Callers get a 429 if retries don't help: raise max_throughput, or look for a busy organisation."
        severity    = 2, scope = azurerm_cosmosdb_account.this.id, namespace = "Microsoft.DocumentDB/databaseAccounts"
        metric      = "TotalRequests", aggregation = "Count", threshold = 300, statuses = ["429"]
      }
      store-unavailable = {
        description = "Cosmos DB failed or timed out 20 times in 5 minutes. Callers get a 503."
        severity    = 1, scope = azurerm_cosmosdb_account.this.id, namespace = "Microsoft.DocumentDB/databaseAccounts"
        metric      = "TotalRequests", aggregation = "Count", threshold = 20, statuses = ["408", "500", "503"]
      }
    },
    local.limits_by_key ? {
      for resource in ["Cpu", "Memory"] : "gateway-${lower(resource)}" => {
        description = "The gateway's units use more than 80 % of their ${resource == "Cpu" ? "CPU" : "memory"}. Add a unit (gateway_sku) before requests become slow."
        severity    = 2, scope = azurerm_api_management.gateway.id, namespace = "Microsoft.ApiManagement/service"
        metric      = "${resource}Percent_Gateway", aggregation = "Average", threshold = 80, statuses = []
      }
    } : {},
  )
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

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "this" {
  for_each = local.log_alerts

  name                              = each.key
  description                       = each.value.description
  resource_group_name               = azurerm_resource_group.this.name
  location                          = var.location
  scopes                            = [azurerm_log_analytics_workspace.this.id]
  severity                          = each.value.severity
  window_duration                   = each.value.window
  evaluation_frequency              = each.value.frequency
  auto_mitigation_enabled           = each.value.resolves
  mute_actions_after_alert_duration = each.value.resolves ? null : each.value.window
  skip_query_validation             = true # a table doesn't exist before its first row
  tags                              = local.tags

  criteria {
    query                   = each.value.query
    metric_measure_column   = each.value.column
    time_aggregation_method = "Maximum"
    operator                = each.value.operator
    threshold               = each.value.threshold
  }
  action {
    action_groups = [azurerm_monitor_action_group.operators.id]
  }
}

resource "azurerm_monitor_metric_alert" "this" {
  for_each = local.metric_alerts

  name                = each.key
  description         = each.value.description
  resource_group_name = azurerm_resource_group.this.name
  scopes              = [each.value.scope]
  severity            = each.value.severity
  window_size         = "PT5M"
  frequency           = "PT1M"
  auto_mitigate       = true
  tags                = local.tags

  criteria {
    metric_namespace = each.value.namespace
    metric_name      = each.value.metric
    aggregation      = each.value.aggregation
    operator         = "GreaterThan"
    threshold        = each.value.threshold

    dynamic "dimension" {
      for_each = length(each.value.statuses) == 0 ? [] : [each.value.statuses]
      content {
        name     = "StatusCode"
        operator = "Include"
        values   = dimension.value
      }
    }
  }
  action {
    action_group_id = azurerm_monitor_action_group.operators.id
  }
}

# Requests the dashboard's health check through the internet, from two places every five minutes.
resource "azurerm_application_insights_standard_web_test" "dashboard" {
  count = local.is_probed ? 1 : 0

  name                    = local.probe_name
  description             = "The dashboard responds to its health check."
  resource_group_name     = azurerm_resource_group.this.name
  location                = var.location
  application_insights_id = azurerm_application_insights.this.id
  enabled                 = true
  frequency               = 300
  timeout                 = 30
  retry_enabled           = true
  geo_locations           = ["emea-nl-ams-azr", "emea-gb-db3-azr"] # West Europe and North Europe
  tags                    = local.tags

  request {
    url = "${local.dashboard_url}/healthz"
  }
  validation_rules {
    expected_status_code = 200
    ssl_check_enabled    = true
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
