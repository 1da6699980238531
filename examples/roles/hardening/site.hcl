# A host with less to attack: kernel, file systems, accounts, permissions.
# Values come in layers: data/common.hcl, then what a role of the host changes.

settings {
  data = concat(["data/common.hcl"], [for role in try(node.roles, []) : "data/role/${role}.hcl"])
}

variable "kernel" {
  type        = map(string)
  description = "parameters of the kernel; null leaves one as it is"
}

variable "modules" {
  type        = set(string)
  description = "modules that are never loaded"
}

variable "login" {
  type        = map(string)
  description = "keys of /etc/login.defs"
}

variable "mounts" {
  description = "mount points with their options"
  type        = map(object({ type = string, device = string, options = list(string) }))
}

variable "umask" {
  type    = string
  default = "027"
}

variable "live" {
  type        = bool
  default     = true
  description = "false: what a container may not change now is for the next boot"
}

# --- kernel

sysctl "parameter" {
  for_each    = { for key, value in var.kernel : key => value if value != null }
  key         = each.key
  value       = each.value
  file        = "90-hardening.conf"
  live        = var.live
  unavailable = "skip" # some are of a module, of IPv6 or of another version of the kernel
}

directory "/etc/modprobe.d" {}

kernel_module "unused" {
  for_each = var.modules
  name     = each.key
  disabled = true
  live     = var.live
}

# No core dumps, which hold what a program had in memory: passwords, keys.
file "/etc/security/limits.d/10-hardening.conf" { content = "*    hard    core    0\n" }

directory "/etc/systemd/coredump.conf.d" {}

file "/etc/systemd/coredump.conf.d/hardening.conf" { content = "[Coredump]\nStorage=none\n" }

service "ctrl-alt-del.target" { masked = true }

# --- file systems

mount "restricted" {
  for_each = var.mounts
  path     = each.key
  type     = each.value.type
  device   = each.value.device
  options  = each.value.options
}

# --- accounts

setting "login" {
  for_each = var.login
  path     = "/etc/login.defs"
  key      = each.key
  value    = each.value
}

file "/etc/profile.d/umask.sh" { content = "umask ${var.umask}\n" }

file "/usr/share/pam-configs/faillock" {
  when    = node.os.family == "debian"
  content = <<-END
    Name: Lock accounts after failed logins
    Default: yes
    Priority: 1024
    Auth-Type: Primary
    Auth-Initial:
      required pam_faillock.so preauth silent deny=5 unlock_time=600
    Auth:
      required pam_faillock.so preauth silent deny=5 unlock_time=600
  END
}

# pam-auth-update puts profiles of all packages together by their priorities, and keeps
# what an administrator chose; only it knows how.
exec "pam" {
  when     = node.os.family == "debian"
  command  = ["pam-auth-update", "--package", "--force"]
  triggers = { profile = file["/usr/share/pam-configs/faillock"].content }
}

# Only root becomes somebody else by su.
line "su" {
  path   = "/etc/pam.d/su"
  match  = "^#?\\s*auth\\s+required\\s+pam_wheel\\.so\\s*$"
  line   = "auth       required   pam_wheel.so"
}

# --- permissions

file "accounts" {
  for_each = { "/etc/passwd" = "0644", "/etc/group" = "0644", "/etc/shadow" = "0640", "/etc/gshadow" = "0640" }
  path     = each.key
  mode     = each.value
  owner    = "root"
}

directory "cron" {
  for_each = toset(["hourly", "daily", "weekly", "monthly", "d"])
  path     = "/etc/cron.${each.key}"
  mode     = "0700"
  owner    = "root"
}

file "setuid" {
  for_each = toset(["/usr/bin/chfn", "/usr/bin/chsh", "/usr/bin/newgrp"])
  path     = each.key
  mode     = "u-s"
}

# Programs that others than root may write: which there are is known only by a search.
exec "writable" {
  command = ["find", "-L", "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "-perm", "/go+w", "-type", "f", "-exec", "chmod", "go-w", "{}", "+"]
  only_if = "find -L /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin -perm /go+w -type f | grep -q ."
}

file "hosts.equiv" {
  for_each = toset(["/etc/hosts.equiv", "/root/.rhosts", "/root/.netrc"])
  path     = each.key
  ensure   = "absent"
}

# --- root by sudo

sudoers "hardening" {
  content = "Defaults use_pty\nDefaults logfile=/var/log/sudo.log\n"
}
