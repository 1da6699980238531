# User accounts with their groups, their SSH keys and their rights through sudo.

variable "people" {
  type = map(object({ uid = number, comment = string, key = string }))
  default = {
    ada   = { uid = 3001, comment = "Ada Lovelace", key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAdaAdaAdaAdaAdaAdaAdaAdaAdaAdaAdaAdaAdaAda ada" }
    grace = { uid = 3002, comment = "Grace Hopper", key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGraceGraceGraceGraceGraceGraceGraceGraceGra grace" }
  }
}

group "admins" {
  gid = 3000
}

user "person" {
  for_each    = var.people
  name        = each.key
  uid         = each.value.uid
  comment     = each.value.comment
  group       = "users"
  groups      = [group.admins.name]
  shell       = "/bin/bash"
  home        = "/home/${each.key}"
  create_home = true
}

directory "ssh" {
  for_each = var.people
  path     = "${user.person[each.key].home}/.ssh"
  owner    = each.key
  group    = "users"
  mode     = "0700"
}

file "key" {
  for_each = var.people
  path     = "${directory.ssh[each.key].path}/authorized_keys"
  content  = "${each.value.key}\n"
  owner    = each.key
  group    = "users"
  mode     = "0600"
}

file "/etc/sudoers.d/admins" {
  content = "%${group.admins.name} ALL=(ALL:ALL) ALL\n"
  mode    = "0440"
  verify  = ["visudo", "-cf", "{path}"]
}
