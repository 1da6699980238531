# converge test examples/retire

test "two applications" {
  live = "testdata/host"
  node = { os = { id = "debian", family = "debian" }, init = "systemd" }

  assert {
    condition = plan["module.application[\"shop\"].directory.data"].order > plan["module.application[\"shop\"].user.application"].order
    message   = "the account comes before what it owns"
  }
  assert {
    condition = plan["module.application[\"shop\"].service.application"].order > plan["module.application[\"shop\"].unit.application"].order
  }
  assert {
    condition = alltrue([for kind in ["user", "directory", "unit", "service"] : length([for a, r in plan : a if r.kind == kind && startswith(a, "module.application[\"reports\"]")]) == 1])
    message   = "all that belongs to an application is in its module"
  }
  assert {
    condition = counts.create == 8 && plan.file["/etc/cron.d/shop-cleanup"].action == "none"
  }
}

# What goes from a host is what its ledger says, which no test has; what stays declared can be tested.
test "one is retired" {
  node      = { os = { id = "debian", family = "debian" }, init = "systemd" }
  live      = "testdata/by-hand"
  variables = { applications = { shop = { command = "/bin/sleep 1" } } }

  assert {
    condition = [for a, r in plan : a if strcontains(a, "reports")] == []
  }
  assert {
    condition = plan.file["/etc/cron.d/shop-cleanup"].action == "delete"
    message   = "what was installed by hand goes, too"
  }
}
