# converge test examples/roles/nginx

test "one virtual host" {
  node = { os = { id = "debian", family = "debian" }, init = "systemd", package_managers = ["apt"] }

  assert {
    condition = plan["package.nginx"].attributes.name == "nginx-light"
  }
  assert {
    condition = plan["service.nginx"].order > plan.template.vhost["main"].order && plan.check.answers["main"].order > plan["service.nginx"].order
  }
  assert {
    condition = strcontains(plan.template["/etc/nginx/nginx.conf"].attributes.content, "server_tokens off;")
  }
  assert {
    condition = plan.link["/etc/nginx/sites-enabled/default"].attributes.ensure == "absent" && plan.directory.root["main"].order > plan.directory["/srv/www"].order
  }
}

test "a proxy" {
  node = { os = { id = "debian", family = "debian" }, init = "systemd", package_managers = ["apt"] }
  variables = {
    vhosts    = { app = { names = ["app.example"], listen = "8081", upstream = "app" } }
    upstreams = { app = { servers = ["127.0.0.1:8080"], strategy = "least_conn" } }
  }

  assert {
    condition = strcontains(plan.template["/etc/nginx/nginx.conf"].attributes.content, "least_conn;")
  }
  assert {
    condition = strcontains(plan.template.vhost["app"].attributes.content, "proxy_pass")
  }
  assert {
    condition = length([for r in plan : r if startswith(r.address, "directory.root")]) == 0
    message   = "a proxy has no folder"
  }
}
