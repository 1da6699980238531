# converge test examples/apt-repository

test "from nothing" {
  node      = { os = { id = "debian", family = "debian" }, package_managers = ["apt"] }
  variables = { key = { source = "../testdata/example.asc" }, release = "o=Acme" }

  assert {
    condition = plan["package.hello-conf"].order > plan["repository.acme"].order
    message   = "a repository comes before the packages that may be in it"
  }
  assert {
    condition = plan["repository.acme"].attributes.priority < 500 && plan["repository.acme"].attributes.pin["hello-conf"] == "1.*"
    message   = "it replaces nothing of the distribution, and stays on 1.x"
  }
  assert {
    condition = plan.file["/etc/apt/sources.list.d/acme-setup.list"].action == "none"
    message   = "on a host without the vendor's own file there is nothing to remove"
  }
}

test "a host that followed the vendor's instructions" {
  node      = { os = { id = "debian", family = "debian" }, package_managers = ["apt"] }
  live      = "testdata/vendor"
  variables = { key = { source = "../testdata/example.asc" }, release = "o=Acme" }

  assert {
    condition = plan.file["/etc/apt/sources.list.d/acme-setup.list"].action == "delete"
  }
}

test "without a key" {
  variables    = { release = "o=Acme" }
  expect_error = "The variable \"key\" has no default"
}
