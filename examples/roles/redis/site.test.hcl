# converge test examples/roles/redis
#
# The secret is not read, and no value that is made of it is shown.

test "from nothing" {
  node = { os = { id = "debian", family = "debian" }, init = "systemd", package_managers = ["apt"] }

  assert {
    condition = plan.setting.key["timeout"].attributes.value == "300" && plan.setting.requirepass.order > plan["package.redis-server"].order
  }
  assert {
    condition = plan.line.disabled["FLUSHALL"].attributes.line == "rename-command FLUSHALL \"\""
  }
  assert {
    condition = plan["service.redis-server"].actions == ["restart"] && plan.check.answers.order > plan["service.redis-server"].order
    message   = "all settings are read by one restart"
  }
  assert {
    condition = strcontains(plan.unit.redis-server.attributes.content, "LimitNOFILE=65536")
  }
  assert {
    condition = plan.service.disable-hugepages.order > plan.unit.disable-hugepages.order && plan.service.disable-hugepages.attributes.running
  }
  assert {
    condition = plan.sysctl["vm.overcommit_memory"].attributes.value == "1" && plan.sysctl["net.core.somaxconn"].attributes.value == "1024"
  }
  assert {
    condition = plan.line["/etc/logrotate.d/redis-server"].attributes.line == "        rotate 30"
  }
}

test "other values" {
  node      = { os = { id = "debian", family = "debian" }, init = "systemd", package_managers = ["apt"] }
  variables = { settings = { port = "6400" }, save = [], includes = ["/etc/redis/own.conf"], live = false }

  assert {
    condition = plan.setting.key["port"].attributes.value == "6400" && plan.setting.key["save"].attributes.value == "\"\""
  }
  assert {
    condition = plan.line.include["/etc/redis/own.conf"].attributes.line == "include /etc/redis/own.conf"
  }
}
