# converge test examples/users

test "two people" {
  node = { os = { id = "debian", family = "debian" } }
  live = "testdata/sudo" # which the package sudo brings

  assert {
    condition = plan.user.person["ada"].order > plan.group.admins.order
    message   = "a group comes before its members"
  }
  assert {
    condition = plan.file.key["ada"].order > plan.directory.ssh["ada"].order && plan.directory.ssh["ada"].order > plan.user.person["ada"].order
    message   = "an account comes before what it owns"
  }
  assert {
    condition = plan.file.key["grace"].attributes.mode == "0600" && plan.directory.ssh["grace"].attributes.mode == "0700"
  }
  assert {
    condition = plan.file["/etc/sudoers.d/admins"].attributes.content == "%admins ALL=(ALL:ALL) ALL\n"
  }
}

test "somebody leaves" {
  node      = { os = { id = "debian", family = "debian" } }
  live      = "testdata/sudo"
  variables = { people = { ada = { uid = 3001, comment = "Ada Lovelace", key = "ssh-ed25519 AAAA ada" } } }

  assert {
    condition = [for a, r in plan : a if r.kind == "user"] == ["user.person[\"ada\"]"]
  }
}
