# converge test examples/roles/docker

test "from nothing" {
  node = { os = { id = "debian", family = "debian", codename = "bookworm" }, init = "systemd", package_managers = ["apt"] }
  variables = {
    repository = { url = "https://download.docker.com/linux/debian", suite = "bookworm", component = "stable", key = "../../testdata/example.asc" }
  }

  assert {
    condition = plan["package.docker-ce"].order > plan["repository.docker"].order && plan["service.docker"].order > plan["package.docker-ce"].order
  }
  assert {
    condition = plan.setting.option["log-driver"].order > plan.directory["/etc/docker"].order
  }
  assert {
    condition = plan.unit["docker.service"].notifies == ["service.docker.restart"] && plan.setting.option["live-restore"].notifies == ["service.docker.restart"]
    message   = "the daemon reads its options when it starts"
  }
  assert {
    condition = alltrue([for r in plan : r.action == "none" if startswith(r.address, "package.conflicting")])
    message   = "packages that are in its way are not there"
  }
}

test "people who may use it" {
  node = { os = { id = "debian", family = "debian" }, init = "systemd", package_managers = ["apt"] }
  live = "testdata/people"
  variables = {
    repository = { url = "https://download.docker.com/linux/debian", suite = "bookworm", component = "stable", key = "../../testdata/example.asc" }
    users      = ["ada"]
  }

  assert {
    condition = plan.user.allowed["ada"].order > plan["package.docker-ce"].order
    message   = "the package makes the group"
  }
}
