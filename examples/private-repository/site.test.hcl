# converge test examples/private-repository

test "from nothing" {
  node      = { os = { id = "debian", family = "debian" }, package_managers = ["apt"] }
  variables = { key = "../testdata/example.asc" }

  assert {
    condition = plan["package.hello-conf"].order > plan["repository.acme"].order
    message   = "a repository comes before the packages that may be in it"
  }
  assert {
    condition = plan["repository.acme"].attributes.pin["hello-conf"] == "1.*"
  }
}

test "without a key" {
  expect_error = "The variable \"key\" has no default"
}
