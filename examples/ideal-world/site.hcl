# A package whose version is a property of the node, its configuration, the
# unit that runs it, and a service that restarts once, at the end of the run,
# if any of these changed. `node.json` represents the operator's files in
# /etc/converge/node.d:
#
#   converge apply --node node.json

package "application" {
  version = node.application.version
}

directory "/etc/application" {
  mode = "0755"
}

template "config" {
  path     = "/etc/application/config.ini"
  source   = "application.ini.tmpl"
  vars     = { greeting = node.application.greeting }
  mode     = "0644"
  notifies = [service.application.reload]
}

file "unit" {
  path     = "/etc/systemd/system/application.service"
  source   = "application.service"
  mode     = "0644"
  notifies = [service.application.restart]
}

service "application" {
  enabled    = true
  running    = true
  restart_on = [package.application]
}
