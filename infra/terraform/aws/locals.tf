locals {
  root = "${path.module}/../../.."

  # One Lambda function for each entry of functions/: adding an endpoint is adding a file.
  functions = toset([
    for file in fileset("${local.root}/functions", "*.py") : trimsuffix(file, ".py") if !startswith(file, "_")
  ])
  rights = jsondecode(file("${local.root}/functions/rights.json"))

  # What the gateway serves: every operation of the API's own document.
  openapi = jsondecode(file("${local.root}/infra/openapi.json"))
  operations = merge([
    for path, methods in local.openapi.paths : {
      for method, operation in methods : operation.operationId => {
        method       = upper(method)
        path         = path
        is_protected = length(try(operation.security, [])) > 0
      }
    }
  ]...)
  # The one function that serves two.
  function_of    = merge({ for operation in keys(local.operations) : operation => operation }, { describe_issuer = "publish_keys" })
  http_functions = toset(values(local.function_of))

  name          = "analytics-${var.environment}"
  function_name = { for function in local.functions : function => "${local.name}-${replace(function, "_", "-")}" }
  table_prefix  = "${local.name}-"
  is_dev        = var.environment == "dev"
  tags = {
    product     = "acme-analytics"
    environment = var.environment
    managed_by  = "terraform"
    source      = "infra/terraform/aws"
  }
}
