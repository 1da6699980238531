# converge test examples/converge-timer

test "from nothing" {
  node = { os = { id = "debian", family = "debian" }, init = "systemd" }
  live = "testdata/host" # on which converge is installed

  assert {
    condition = strcontains(plan.timer.converge-nightly.attributes.content, "OnCalendar=*-*-* 02:30") && strcontains(plan.timer.converge-nightly.attributes.content, "RandomizedDelaySec=45m")
  }
  assert {
    condition = strcontains(plan.timer.converge-nightly.attributes.content, " apply ") && strcontains(plan.timer.converge-drift.attributes.content, " plan --detailed-exitcode ")
    message   = "one applies, the other only tells"
  }
  assert {
    condition = plan.timer.converge-nightly.attributes.enabled && plan.timer.converge-drift.attributes.running
  }
  assert {
    condition = plan.file["/etc/logrotate.d/converge-report"].action == "create"
  }
}

test "converge from a package" {
  node      = { os = { id = "debian", family = "debian" }, init = "systemd" }
  live      = "testdata/host"
  variables = { converge = "/usr/bin/converge", site = "/srv/manifests" }

  assert {
    condition = strcontains(plan.timer.converge-drift.attributes.content, "/usr/bin/converge plan --detailed-exitcode /srv/manifests\n")
  }
}
