# converge test examples/unattended

test "from nothing" {
  node = { init = "systemd" }

  assert {
    condition = plan.service["converge.timer"].order > max(plan.file["/etc/systemd/system/converge.timer"].order, plan.file["/etc/systemd/system/converge.service"].order)
    message   = "the timer starts when its service is there"
  }
  assert {
    condition = plan.service["converge-retry.timer"].order > max(plan.file["/etc/systemd/system/converge-retry.timer"].order, plan.file["/etc/systemd/system/converge-retry.service"].order)
  }
  assert {
    condition = plan.service["converge.timer"].attributes.enabled && plan.service["converge-retry.timer"].attributes.enabled
    message   = "both survive a boot"
  }
}

test "another program and another site" {
  node      = { init = "systemd" }
  variables = { converge = "/opt/converge", site = "/srv/site" }

  assert {
    condition = strcontains(plan.file["/etc/systemd/system/converge.service"].attributes.content, "ExecStart=/opt/converge apply --report /var/log/converge-report.json /srv/site\n")
  }
}
