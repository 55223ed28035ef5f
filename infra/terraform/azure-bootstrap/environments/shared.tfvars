# What all environments share: the registry of the images.
environment     = "shared"
subscription_id = "00000000-0000-0000-0000-00000000000a"
private_network = false
has_registry    = true

administrators = {
  platform = { object_id = "00000000-0000-0000-0000-0000000000a0", type = "Group" }
}
builders = {
  pipeline = { object_id = "00000000-0000-0000-0000-0000000000ab", type = "ServicePrincipal" }
}
