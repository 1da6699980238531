# A cache and store: keys of the distribution's redis.conf, a password, commands that
# are switched off, and the parameters of the kernel that redis asks for.

variable "settings" {
  type        = map(string)
  default     = {}
  description = "keys of redis.conf, instead of those below or beside them; other keys are left alone"
}

variable "save" {
  type        = list(string)
  default     = ["900 1", "300 10", "60 10000"]
  description = "seconds and changes after which the data is written to the disk; none: never"
}

variable "includes" {
  type        = set(string)
  default     = []
  description = "further files of settings, which redis has to be able to read"
}

variable "disabled_commands" {
  type    = set(string)
  default = ["FLUSHALL", "DEBUG"]
}

variable "open_files" {
  type    = number
  default = 65536
}

variable "rotate" {
  type        = number
  default     = 30
  description = "weeks for which logs are kept"
}

variable "live" {
  type        = bool
  default     = true
  description = "whether the kernel is this host's own; a container only writes what is for the boot"
}

# Clients give it with AUTH.
secret "redis" { file = "/etc/converge/secrets/redis" }

locals {
  conf = "/etc/redis/redis.conf"
  keys = merge({
    bind              = "127.0.0.1 -::1"
    port              = 6379
    timeout           = 300
    loglevel          = "notice"
    logfile           = "/var/log/redis/redis-server.log"
    databases         = 16
    save              = length(var.save) > 0 ? join(" ", var.save) : "\"\"" # redis wants quotes around nothing
    rdbcompression    = "yes"
    maxmemory         = 0
    maxmemory-policy  = "noeviction"
    maxmemory-samples = 5
    appendonly        = "no"
    appendfsync       = "everysec"
  }, var.settings)
}

package "redis-server" {}

setting "key" {
  for_each   = local.keys
  path       = local.conf
  format     = "space"
  key        = each.key
  value      = each.value
  depends_on = [package.redis-server]
  notifies   = [service.redis-server.restart]
}

setting "requirepass" {
  path       = local.conf
  format     = "space"
  value      = "\"${replace(replace(secret.redis, "\\", "\\\\"), "\"", "\\\"")}\"" # redis takes the quotes off
  depends_on = [package.redis-server]
  notifies   = [service.redis-server.restart]
}

# redis.conf may have these keys several times, so each is a line and not a setting.
line "disabled" {
  for_each   = var.disabled_commands
  path       = local.conf
  match      = "^rename-command ${each.key}\\s"
  line       = "rename-command ${each.key} \"\""
  depends_on = [package.redis-server]
  notifies   = [service.redis-server.restart]
}

line "include" {
  for_each   = var.includes
  path       = local.conf
  line       = "include ${each.key}"
  depends_on = [package.redis-server]
  notifies   = [service.redis-server.restart]
}

line "/etc/logrotate.d/redis-server" {
  match      = "^\\s*rotate\\s"
  line       = "        rotate ${var.rotate}"
  depends_on = [package.redis-server]
}

unit "redis-server" {
  drop_in  = "limits"
  sections = { Service = { LimitNOFILE = var.open_files } }
  notifies = [service.redis-server.restart]
}

sysctl "vm.overcommit_memory" {
  value = 1
  live  = var.live
}

sysctl "net.core.somaxconn" {
  value = 1024
  live  = var.live
}

# A huge page is copied as a whole when a fork writes to it, which a background save does.
unit "disable-hugepages" {
  sections = {
    Unit    = { Description = "Give no transparent huge pages", Before = "redis-server.service", ConditionPathIsReadWrite = "/sys/kernel/mm/transparent_hugepage/enabled" }
    Service = { Type = "oneshot", RemainAfterExit = true, ExecStart = "/bin/sh -c 'echo never >/sys/kernel/mm/transparent_hugepage/enabled'" }
    Install = { WantedBy = "multi-user.target" }
  }
}

service "disable-hugepages" {
  enabled = true
  running = var.live ? true : null # in a container the condition of the unit does not hold
}

service "redis-server" {
  enabled = true
  running = true
}

# redis cannot check a configuration without starting. So a wrong one is found by the
# restart, and the run is taken back. A check has no environment of its own: the
# password is read from where redis reads it.
check "answers" {
  command    = "{ sed -n 's/^requirepass /AUTH /p' ${local.conf}; echo PING; } | redis-cli -p ${local.keys.port} | grep -qx PONG"
  within     = "30s"
  depends_on = [service.redis-server]
  on_failure = "rollback"
}
