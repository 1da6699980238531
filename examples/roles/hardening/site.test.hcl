# converge test examples/roles/hardening

test "common values" {
  node = { os = { id = "debian", family = "debian" }, init = "systemd", package_managers = ["apt"] }
  live = "testdata/debian"

  assert {
    condition = plan.setting.login["PASS_MAX_DAYS"].action == "update"
  }
  assert {
    condition = plan.sysctl.parameter["net.ipv4.ip_forward"].attributes.value == "0"
  }
  assert {
    condition = plan.exec.pam.order > plan.file["/usr/share/pam-configs/faillock"].order && plan.exec.pam.action == "run"
    message   = "a profile comes before the program that reads it"
  }
  assert {
    condition = plan.line.su.action == "update" && plan.sudoers.hardening.action == "create"
  }
  assert {
    condition = counts.failed == 0
  }
}

test "a router forwards" {
  node = { os = { id = "debian", family = "debian" }, init = "systemd", package_managers = ["apt"], roles = ["router"] }
  live = "testdata/debian"

  assert {
    condition = plan.sysctl.parameter["net.ipv4.ip_forward"].attributes.value == "1"
  }
}

test "another family" {
  node = { os = { id = "rocky", family = "redhat" }, init = "systemd", package_managers = ["dnf"] }
  live = "testdata/debian"

  assert {
    condition = plan.exec.pam.action == "off" && plan.file["/usr/share/pam-configs/faillock"].action == "off"
  }
}
