# converge test examples/cloud-init/site

test "in a cloud" {
  node = {
    hostname         = "web1"
    os               = { id = "debian", family = "debian" }
    init             = "systemd"
    package_managers = ["apt"]
    cloud            = { instance_id = "i-0123" }
  }

  assert {
    condition = plan.file["/var/www/html/index.html"].attributes.content == "<p>web1, i-0123</p>\n"
  }
  assert {
    condition = plan["service.nginx"].order > plan["package.nginx-light"].order && plan.file["/var/www/html/index.html"].order > plan["package.nginx-light"].order
    message   = "the package brings the unit and the folder of the page"
  }
}

test "elsewhere" {
  node = { hostname = "web1", os = { id = "debian", family = "debian" }, package_managers = ["apt"] }

  assert {
    condition = strcontains(plan.file["/var/www/html/index.html"].attributes.content, "no cloud")
  }
}
