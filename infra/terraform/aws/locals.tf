locals {
  root = "${path.module}/../../.."

  # There is one Lambda function per file in functions/. To add an endpoint, add a file.
  functions = toset([
    for file in fileset("${local.root}/functions", "*.py") : trimsuffix(file, ".py") if !startswith(file, "_")
  ])
  manifest = jsondecode(file("${local.root}/functions/manifest.json"))
  rights   = { for function, entry in local.manifest : function => entry.actions }
  needs    = { for function, entry in local.manifest : function => entry.needs }
  # The function that serves each operation. The reader of the change feed has no router and serves no operation.
  function_of = merge([
    for function, entry in local.manifest : {
      for operation in lookup(entry, "operations", [function]) : operation => function
    } if can(entry.router)
  ]...)
  signing_functions = [for function, needs in local.needs : function if length(setintersection(needs, ["signing_key", "public_keys"])) > 0]
  hashing_functions = toset([for function, needs in local.needs : function if contains(needs, "user_hash_secret")])

  # The gateway serves every operation of the OpenAPI document.
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
  http_functions = toset(values(local.function_of))

  name          = var.copy == 1 ? "analytics-${var.environment}" : "analytics-${var.environment}-${var.copy}"
  function_name = { for function in local.functions : function => "${local.name}-${replace(function, "_", "-")}" }
  table_prefix  = "analytics-${var.environment}-" # all copies of an environment use the same tables
  is_dev        = var.environment == "dev"
  tags = {
    product     = "acme-analytics"
    environment = var.environment
    managed_by  = "terraform"
    source      = "infra/terraform/aws"
  }
}
