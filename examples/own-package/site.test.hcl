# converge test examples/own-package

test "apt" {
  node      = { os = { id = "debian", family = "debian" }, init = "systemd", package_managers = ["apt"] }
  variables = { url = "https://packages.example.com", key = "../testdata/example.asc" }

  assert {
    condition = plan["repository.own"].attributes.url == "https://packages.example.com/deb"
  }
  assert {
    condition = plan["package.greeter"].attributes.ensure == "latest" && plan["package.greeter"].order > plan["repository.own"].order
    message   = "without a version, the newest one counts"
  }
  assert {
    condition = plan["service.greeter"].order > plan["package.greeter"].order
  }
}

test "dnf, and one version" {
  node      = { os = { id = "rocky", family = "redhat" }, init = "systemd", package_managers = ["dnf"] }
  variables = { url = "https://packages.example.com", key = "../testdata/example.asc", version = "1.0.0-1" }

  assert {
    condition = plan["repository.own"].attributes.url == "https://packages.example.com/rpm"
  }
  assert {
    condition = plan["package.greeter"].attributes.version == "1.0.0-1" && plan["package.greeter"].attributes.ensure == "present"
  }
}
