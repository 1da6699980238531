# The clock: time zone, time servers, and the daemon that follows them.

variable "timezone" {
  type    = string
  default = "Etc/UTC"
}

variable "servers" {
  type        = map(string)
  default     = { "0.pool.ntp.org" = "iburst", "1.pool.ntp.org" = "iburst", "2.pool.ntp.org" = "iburst" }
  description = "time servers, with the options of each"
}

variable "clients" {
  type        = map(string)
  default     = {}
  description = "networks that may ask this host for the time, by name"
}

variable "options" {
  type        = string
  default     = "-F 1"
  description = "options of the daemon"
}

variable "sets_clock" {
  type        = bool
  default     = true
  description = "false, with the option -x: serve the time and leave the clock to others, as in a container"
}

timezone "local" { zone = var.timezone }

package "chrony" {}

# Only one daemon may set the clock.
service "systemd-timesyncd" {
  when    = node.os.family == "debian"
  masked  = true
  running = false
}

template "/etc/chrony/chrony.conf" {
  source     = "chrony.conf.tmpl"
  vars       = { servers = var.servers }
  verify     = ["chronyd", "-p", "-f", "{path}"]
  depends_on = [package.chrony]
  notifies   = [service.chrony.restart]
}

file "clients" {
  for_each   = var.clients
  path       = "/etc/chrony/conf.d/${each.key}.conf"
  content    = "allow ${each.value}\n"
  depends_on = [package.chrony]
  notifies   = [service.chrony.restart]
}

setting "DAEMON_OPTS" {
  path     = "/etc/default/chrony"
  value    = var.options
  notifies = [service.chrony.restart]

  depends_on = [package.chrony]
}

unit "chrony.service" {
  when     = !var.sets_clock
  drop_in  = "no-clock"
  sections = { Unit = { ConditionCapability = "" } }
  notifies = [service.chrony.restart]

  depends_on = [package.chrony]
}

service "chrony" {
  enabled = true
  running = true
}
