# A load balancer with a frontend and a backend, checked as a whole before it is used.

variable "listen" {
  type    = string
  default = "*:8000"
}

variable "global" {
  type        = list(string)
  default     = ["log /dev/log local0", "chroot /var/lib/haproxy", "user haproxy", "group haproxy", "daemon"]
  description = "lines of the section global"
}

variable "mode" {
  type    = string
  default = "http"
}

variable "balance" {
  type    = string
  default = "roundrobin"
}

variable "servers" {
  type        = map(string)
  default     = { app1 = "127.0.0.1:9001", app2 = "127.0.0.1:9002" }
  description = "servers of the backend, by name"
}

variable "error_pages" {
  type        = map(string)
  default     = {}
  description = "pages for HTTP statuses, by status"
}

package "haproxy" {}

# Init scripts of Debian read it; the unit of systemd does not.
setting "ENABLED" {
  path       = "/etc/default/haproxy"
  value      = 1
  depends_on = [package.haproxy]
}

file "page" {
  for_each   = var.error_pages
  path       = "/etc/haproxy/errors/own-${each.key}.http"
  content    = "HTTP/1.0 ${each.key} Error\r\nContent-Type: text/plain\r\n\r\n${each.value}\n"
  depends_on = [package.haproxy]
  notifies   = [service.haproxy.reload]
}

template "/etc/haproxy/haproxy.cfg" {
  source     = "haproxy.cfg.tmpl"
  vars       = { listen = var.listen, global = var.global, mode = var.mode, balance = var.balance, servers = var.servers, pages = { for status, text in var.error_pages : status => file.page[status].path } }
  verify     = ["haproxy", "-c", "-f", "{path}"]
  depends_on = [package.haproxy]
  notifies   = [service.haproxy.reload]
}

service "haproxy" {
  enabled    = true
  running    = true
  restart_on = [package.haproxy]
}

check "listens" {
  tcp        = "127.0.0.1:${element(split(":", var.listen), 1)}"
  within     = "30s"
  stable     = "2s" # right after a reload, the old process may still answer
  run_on     = [service.haproxy, template["/etc/haproxy/haproxy.cfg"]]
  on_failure = "rollback"
}
