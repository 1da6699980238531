# converge test examples/database

test "from nothing" {
  node = { os = { id = "debian", family = "debian" }, init = "systemd", package_managers = ["apt"] }
  live = "testdata/host" # with what the package brings

  assert {
    condition = alltrue([for key in ["max_connections", "wal_level"] : plan.setting.server[key].notifies == ["service.postgresql.restart"]])
    message   = "the settings need a restart"
  }
  assert {
    condition = plan.setting.server["wal_level"].order < plan.exec.database["shop"].order && plan.exec.database["shop"].order < plan.exec.slot["shop"].order
    message   = "a slot needs the setting in force, and its database"
  }
  assert {
    condition = contains(plan.exec.database["shop"].after, "check.answers")
    message   = "a database is made when the server answers"
  }
  assert {
    condition = plan.check.answers.order > plan.service.postgresql.order && plan.service.postgresql.order > plan.package.postgresql.order
  }
  assert {
    condition = plan.service.postgresql.attributes.name == "postgresql@15-main.service"
  }
}

test "another version" {
  node      = { os = { id = "debian", family = "debian" }, init = "systemd", package_managers = ["apt"] }
  live      = "testdata/host"
  variables = { version = 17, settings = { max_connections = "200" } }

  assert {
    condition = plan.setting.server["max_connections"].attributes.path == "/etc/postgresql/17/main/postgresql.conf"
  }
}
