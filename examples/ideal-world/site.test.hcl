# converge test examples/ideal-world

test "from nothing" {
  node = {
    hostname    = "web1"
    init        = "systemd"
    application = { version = "1.0", greeting = "hello" }
  }

  assert {
    condition = plan["package.application"].attributes.version == "1.0"
    message   = "the version is a property of the node"
  }
  assert {
    condition = strcontains(plan.template.config.attributes.content, "hello")
  }
  assert {
    condition = plan["service.application"].order > max(plan["package.application"].order, plan.template.config.order, plan.file.unit.order)
    message   = "the service starts when all is there"
  }
  assert {
    condition = plan.template.config.order > plan.directory["/etc/application"].order
  }
  assert {
    condition = plan.template.config.notifies == ["service.application.reload"] && plan.file.unit.notifies == ["service.application.restart"]
    message   = "a new greeting needs a reload, a new unit a restart"
  }
  assert {
    condition = plan["service.application"].actions == ["restart"]
    message   = "of all that is owed, one restart is left"
  }
}

test "a node without a version" {
  node         = { init = "systemd" }
  expect_error = "There is no \"application\" in node."
}
