# converge test examples/nginx

test "from nothing" {
  facts = "testdata/debian.json"

  assert {
    condition = plan["package.nginx"].action == "create" && plan["service.nginx"].action == "create"
  }
  assert {
    condition = plan["service.nginx"].order > plan["package.nginx"].order
    message   = "the package brings the unit, so that it comes first"
  }
  assert {
    condition = alltrue([for r in [plan.template.nginx, plan.template.site["eu"], plan.link.default] : contains(plan["service.nginx"].notified_by, r.address)])
    message   = "whatever changes the configuration has nginx read it"
  }
  assert {
    condition = plan.directory.root["eu"].order > plan.directory["/srv/www"].order && plan.file.index["us"].attributes.content == "Howdy from us\n"
  }
}

# On a host that has been converged, one thing changes.
test "more workers" {
  facts     = "testdata/debian.json"
  live      = "testdata/running"
  variables = { workers = 3 }

  assert {
    condition = plan.template.nginx.action == "update" && strcontains(plan.template.nginx.changes.content.diff, "+worker_processes 3;")
  }
  assert {
    condition = plan["service.nginx"].action == "none" && plan["service.nginx"].actions == ["reload"]
    message   = "nginx goes on running, and reads its configuration anew"
  }
}

test "too many workers" {
  variables    = { workers = 65 }
  expect_error = "Between 1 and 64 workers"
}

test "another site" {
  facts     = "testdata/debian.json"
  variables = { sites = { asia = { port = 8083, greeting = "Konnichiwa" } } }
  golden    = "testdata/asia.plan"
}
