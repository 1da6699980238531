# converge test examples/local-build

test "from nothing" {
  node = { os = { id = "debian", family = "debian" }, init = "systemd", package_managers = ["apt"] }

  assert {
    condition = plan.exec.build.action == "run" && plan.exec.build.order > plan.package.tools["make"].order
    message   = "the tools come before the build"
  }
  assert {
    condition = plan["package.greeter"].order > plan.exec.build.order && plan["service.greeter"].order > plan["package.greeter"].order
    message   = "what is built is shown, and then started"
  }
  assert {
    condition = contains(plan["service.greeter"].notified_by, "package.greeter")
  }
}

test "it is built already" {
  node = { os = { id = "debian", family = "debian" }, init = "systemd", package_managers = ["apt"] }
  live = "testdata/built"

  assert {
    condition = plan.exec.build.action == "none"
    message   = "a version that is there is not built again"
  }
}

test "the next version" {
  node      = { os = { id = "debian", family = "debian" }, init = "systemd", package_managers = ["apt"] }
  live      = "testdata/built"
  variables = { greeter = "1.1" }

  assert {
    condition = plan.exec.build.action == "run" && plan["package.greeter"].attributes.version == "1.1"
  }
}
