"""Deploy the functions' bundles to Azure Functions on the Flex Consumption plan."""
