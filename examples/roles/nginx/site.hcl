# A web server: its main configuration, virtual hosts, and groups of upstream servers.
# A configuration that nginx would refuse never replaces the live one.

variable "workers" {
  type        = string
  default     = "auto"
  description = "worker processes: a number, or auto for one per processor"
}

variable "http_options" {
  type        = map(string)
  default     = { sendfile = "on", tcp_nopush = "on", keepalive_timeout = "65", client_max_body_size = "64m", server_tokens = "off" }
  description = "directives of the http block"
}

variable "vhosts" {
  description = "virtual hosts by name; those that proxy name an upstream"
  type = map(object({
    listen   = optional(string, "80")
    names    = list(string)
    root     = optional(string)
    upstream = optional(string)
    extra    = optional(string, "")
  }))
  default = { main = { names = ["_"], listen = "8080", root = "/srv/www/main" } }
}

variable "upstreams" {
  description = "groups of servers by name"
  type        = map(object({ servers = list(string), strategy = optional(string, "") }))
  default     = {}
}

locals {
  # What each file is checked with: the whole configuration as it will be.
  verify = ["nginx", "-t"]
}

package "nginx" { names = { debian = "nginx-light" } }

link "/etc/nginx/sites-enabled/default" {
  ensure     = "absent"
  depends_on = [package.nginx]
  notifies   = [service.nginx.reload]
}

template "/etc/nginx/nginx.conf" {
  source     = "nginx.conf.tmpl"
  vars       = { workers = var.workers, options = var.http_options, upstreams = var.upstreams }
  verify     = local.verify
  depends_on = [package.nginx]
  notifies   = [service.nginx.reload]
}

template "vhost" {
  for_each   = var.vhosts
  path       = "/etc/nginx/sites-enabled/${each.key}.conf"
  source     = "vhost.conf.tmpl"
  vars       = each.value
  verify     = local.verify
  depends_on = [package.nginx]
  notifies   = [service.nginx.reload]
}

directory "/srv/www" {}

directory "root" {
  for_each = { for name, host in var.vhosts : name => host.root if host.root != null }
  path     = each.value
}

service "nginx" {
  enabled    = true
  running    = true
  restart_on = [package.nginx]
}

check "answers" {
  for_each = { for name, host in var.vhosts : name => host.listen }
  tcp      = "127.0.0.1:${each.value}"
  within   = "30s"
  stable   = "2s" # right after a reload, old workers may still answer
  run_on   = [service.nginx]
}
