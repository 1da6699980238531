# A web server with one virtual host per entry of var.sites.

variable "workers" {
  type        = number
  default     = 2
  description = "nginx worker processes"

  validation {
    condition     = var.workers >= 1 && var.workers <= 64
    error_message = "Between 1 and 64 workers, please."
  }
}

variable "sites" {
  description = "virtual hosts by name"
  type        = map(object({ port = number, greeting = string }))
  default = {
    eu = { port = 8081, greeting = "Servus" }
    us = { port = 8082, greeting = "Howdy" }
  }
}

package "nginx" {}

template "nginx" {
  path       = "/etc/nginx/nginx.conf"
  source     = "nginx.conf.tmpl"
  vars       = { workers = var.workers }
  mode       = "0644"
  verify     = ["nginx", "-t", "-c", "{path}"]
  depends_on = [package.nginx]
  notifies   = [service.nginx.reload]
}

link "default" {
  path       = "/etc/nginx/sites-enabled/default"
  ensure     = "absent"
  depends_on = [package.nginx]
  notifies   = [service.nginx.reload]
}

directory "/srv/www" {}

directory "root" {
  for_each = var.sites
  path     = "/srv/www/${each.key}"
}

file "index" {
  for_each = var.sites
  path     = "${directory.root[each.key].path}/index.html"
  content  = "${each.value.greeting} from ${each.key}\n"
}

template "site" {
  for_each = var.sites
  path     = "/etc/nginx/sites-enabled/${each.key}.conf"
  source   = "site.conf.tmpl"
  vars = {
    port = each.value.port
    root = directory.root[each.key].path
  }
  depends_on = [package.nginx]
  notifies   = [service.nginx.reload]
}

service "nginx" {
  enabled    = true
  running    = true
  restart_on = [package.nginx]
}
