# converge test examples/nginx

test "from nothing" {
  node = {
    os               = { id = "debian", family = "debian", codename = "bookworm" }
    init             = "systemd"
    package_managers = ["apt"]
  }

  assert {
    condition = plan["package.nginx"].action == "create" && plan["service.nginx"].action == "create"
    message   = "nginx is installed and started"
  }
  assert {
    condition = plan["service.nginx"].order > plan["package.nginx"].order
    message   = "the package brings the unit, so that it comes first"
  }
}
