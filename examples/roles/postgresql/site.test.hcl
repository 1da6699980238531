# converge test examples/roles/postgresql
#
# The secret is not read: what the run would do with it can be tested all the same.

test "from nothing" {
  node = { os = { id = "debian", family = "debian" }, init = "systemd", package_managers = ["apt"] }

  assert {
    condition = plan["package.postgresql"].order > plan.locale.databases.order
    message   = "the cluster is made with the locale that is there"
  }
  assert {
    condition = plan.exec.database["app"].order > plan.exec.role["app"].order && plan.exec.role["app"].order > plan.check.accepts.order
    message   = "a role comes before what it owns, and both when the server answers"
  }
  assert {
    condition = plan.setting.option["shared_buffers"].notifies == ["service.postgresql.restart"] && plan.template.rules.notifies == ["service.postgresql.reload"]
  }
  assert {
    condition = plan["service.postgresql"].actions == ["restart"]
  }
  assert {
    condition = plan.template.rules.attributes.mode == "0640"
  }
}
