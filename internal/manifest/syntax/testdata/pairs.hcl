# Each of its quotes and brackets is taken out in turn.
settings {
  prune = true
}

variable "ports" {
  type    = list(number)
  default = [80, 443]

  validation {
    condition     = length(var.ports) > 0
    error_message = "A port is missing."
  }
}

locals {
  name  = "web"
  names = { for p in var.ports : "port-${p}" => p }
  pairs = [
    for p in var.ports : "${local.name}:${p}"
  ]
  big = (
    length(var.ports) > 1
  )
}

package "nginx" {}

file "/etc/nginx/nginx.conf" {
  content = <<-EOT
    user ${local.name};
    %{ for p in var.ports ~}
    listen ${format("%d", p)};
    %{ endfor ~}
  EOT
  mode    = "0644"
}

file "/etc/motd" { content = "welcome to ${upper(local.name)}" }

exec "reload" {
  command = ["nginx", "-s", "reload"]
  env = {
    LANG = "C"
    PATH = "/bin"
  }
  only_if = ["test", "-e", "/run/nginx"]
}

unit "web.service" {
  sections = {
    Unit = { Description = "The web" }
    Service = {
      ExecStart = "/usr/bin/web"
      Environment = [
        "A=1",
        "B=2",
      ]
    }
  }
}

module "site" {
  source = "./site"
  ports  = concat(var.ports, [8080])
  first  = var.ports[0]
}

service "nginx" {
  running    = true
  depends_on = [package.nginx, file["/etc/motd"]]
}
