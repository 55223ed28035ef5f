environment     = "prod"
subscription_id = "00000000-0000-0000-0000-0000000000ac"
private_network = true

administrators = {
  platform = { object_id = "00000000-0000-0000-0000-0000000000a0", type = "Group" }
}
deployers = {
  engineers = { object_id = "00000000-0000-0000-0000-0000000001ae", type = "Group" }
  pipeline  = { object_id = "00000000-0000-0000-0000-0000000001af", type = "ServicePrincipal" }
}
readers = {
  plans = { object_id = "00000000-0000-0000-0000-0000000001ac", type = "ServicePrincipal" }
}

address_space = "10.40.8.0/22"
runner        = { ssh_public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA example" }
