# converge test examples/hello: what a test looks like. docs/testing.md describes all of it.

test "from nothing" {
  assert {
    condition = plan.template.motd.attributes.content == "Welcome.\nThis host is looked after by ops and web.\n"
    message   = "the message greets, and names the teams"
  }
  assert {
    condition = plan.file.team["ops"].order > plan.directory["/etc/motd.d"].order
    message   = "the folder comes before what is in it"
  }
  assert {
    condition = plan.link["/etc/issue"].attributes.target == "motd"
  }
}

test "another greeting" {
  variables = { greeting = "Servus" }

  assert {
    condition = startswith(plan.template.motd.attributes.content, "Servus.")
  }
}

# What the machine has is in a folder: only what differs is changed.
test "a host that greets already" {
  live = "testdata/greeting"

  assert {
    condition = plan.template.motd.action == "update" && strcontains(plan.template.motd.changes.content.diff, "-Welcome to debian.")
  }
  assert {
    condition = plan.file.team["ops"].action == "none" && plan.file.team["web"].action == "create"
  }
}
