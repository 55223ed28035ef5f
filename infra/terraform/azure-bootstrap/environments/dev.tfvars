environment     = "dev"
subscription_id = "00000000-0000-0000-0000-00000000000d"
private_network = false

administrators = {
  platform = { object_id = "00000000-0000-0000-0000-0000000000a0", type = "Group" }
}
deployers = {
  engineers = { object_id = "00000000-0000-0000-0000-0000000001de", type = "Group" }
  pipeline  = { object_id = "00000000-0000-0000-0000-0000000001df", type = "ServicePrincipal" }
}
readers = {
  plans = { object_id = "00000000-0000-0000-0000-0000000001dc", type = "ServicePrincipal" }
}
