environment     = "staging"
subscription_id = "00000000-0000-0000-0000-00000000005a"
private_network = true

administrators = {
  platform = { object_id = "00000000-0000-0000-0000-0000000000a0", type = "Group" }
}
deployers = {
  engineers = { object_id = "00000000-0000-0000-0000-00000000015e", type = "Group" }
  pipeline  = { object_id = "00000000-0000-0000-0000-00000000015f", type = "ServicePrincipal" }
}
readers = {
  plans = { object_id = "00000000-0000-0000-0000-00000000015c", type = "ServicePrincipal" }
}

address_space = "10.40.4.0/22"
runner        = { ssh_public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA example" }
