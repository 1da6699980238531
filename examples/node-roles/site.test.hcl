# converge test examples/node-roles

test "a web server" {
  node = { os = { id = "debian", family = "debian" }, roles = ["web"], memory = { total = 8589934592 } }

  assert {
    condition = plan["module.web[\"web\"].file[\"/etc/site/listen.conf\"]"].attributes.content == "listen 8080;\n"
  }
  assert {
    condition = plan["module.base.file[\"/etc/motd.d/roles\"]"].attributes.content == "This host serves pages.\n"
  }
  assert {
    condition = plan["module.web[\"web\"].directory[\"/etc/site\"]"].action == "create" && plan["module.base.directory[\"/etc/motd.d\"]"].action == "create"
  }
  assert {
    condition = [for a, r in plan : a if startswith(a, "module.database")] == []
    message   = "nothing of a role that the host does not have is declared"
  }
}

test "a web server on a port of its own" {
  node = { os = { id = "debian", family = "debian" }, roles = ["web"], web = { port = 80 } }

  assert {
    condition = plan["module.web[\"web\"].file[\"/etc/site/listen.conf\"]"].attributes.content == "listen 80;\n"
  }
}

test "everything on one host" {
  node = { os = { id = "debian", family = "debian" }, roles = ["web", "database"], memory = { total = 8589934592 } }

  assert {
    condition = plan["module.database[\"database\"].file[\"/etc/database.conf\"]"].attributes.content == "shared_buffers = 2048MB\n"
    message   = "a quarter of 8 GiB"
  }
  assert {
    condition = plan["module.base.file[\"/etc/motd.d/roles\"]"].attributes.content == "This host keeps the data and serves pages.\n"
  }
}

test "a host without roles" {
  node = { os = { id = "debian", family = "debian" } }

  assert {
    condition = plan["module.base.file[\"/etc/motd.d/roles\"]"].attributes.content == "This host has no role yet.\n"
  }
}

test "a mistyped role" {
  node         = { roles = ["wbe"] }
  expect_error = "Roles are web and database, not wbe."
}
