# converge test examples/roles/ntp

test "from nothing" {
  node = { os = { id = "debian", family = "debian" }, init = "systemd", package_managers = ["apt"] }
  live = "testdata/zones"

  assert {
    condition = strcontains(plan.template["/etc/chrony/chrony.conf"].attributes.content, "server 1.pool.ntp.org iburst")
  }
  assert {
    condition = plan.service.systemd-timesyncd.attributes.masked && plan.timezone.local.attributes.zone == "Etc/UTC"
  }
  assert {
    condition = plan["service.chrony"].order > max(plan["package.chrony"].order, plan.setting.DAEMON_OPTS.order)
  }
  assert {
    condition = plan.unit["chrony.service"].action == "off"
  }
}

test "clients" {
  node      = { os = { id = "rocky", family = "redhat" }, init = "systemd", package_managers = ["dnf"] }
  live      = "testdata/zones"
  variables = { clients = { lan = "192.0.2.0/24" } }

  assert {
    condition = plan.file.clients["lan"].attributes.content == "allow 192.0.2.0/24\n" && plan.file.clients["lan"].notifies == ["service.chrony.restart"]
  }
  assert {
    condition = plan.service.systemd-timesyncd.action == "off"
    message   = "only Debian has that daemon"
  }
}
