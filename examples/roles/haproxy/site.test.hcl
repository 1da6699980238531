# converge test examples/roles/haproxy

test "two servers" {
  node = { os = { id = "debian", family = "debian" }, init = "systemd", package_managers = ["apt"] }

  assert {
    condition = strcontains(plan.template["/etc/haproxy/haproxy.cfg"].attributes.content, "server app1 127.0.0.1:9001 check")
  }
  assert {
    condition = plan["service.haproxy"].order > plan.template["/etc/haproxy/haproxy.cfg"].order && plan.template["/etc/haproxy/haproxy.cfg"].order > plan["package.haproxy"].order
  }
  assert {
    condition = plan.check.listens.order > plan["service.haproxy"].order
    message   = "it is asked when it runs"
  }
  assert {
    condition = plan.setting.ENABLED.order > plan["package.haproxy"].order
  }
}

test "pages of our own" {
  node      = { os = { id = "debian", family = "debian" }, init = "systemd", package_managers = ["apt"] }
  variables = { error_pages = { "503" = "come back later" } }

  assert {
    condition = endswith(plan.file.page["503"].attributes.content, "\r\n\r\ncome back later\n")
  }
  assert {
    condition = strcontains(plan.template["/etc/haproxy/haproxy.cfg"].attributes.content, "/etc/haproxy/errors/own-503.http")
  }
  assert {
    condition = plan.template["/etc/haproxy/haproxy.cfg"].order > plan.file.page["503"].order
    message   = "a page comes before the configuration that names it"
  }
}
