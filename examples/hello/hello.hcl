# A host that greets its users at login. Try it in any folder; it needs no privileges:
#
#   converge apply --root /tmp/hello examples/hello

variable "greeting" {
  type        = string
  default     = "Welcome"
  description = "beginning of the message of the day"
}

locals {
  teams = {
    ops = "Please be gentle."
    web = "The cache is warm."
  }
}

directory "/etc/motd.d" {
  parents = true
  mode    = "0755"
}

template "motd" {
  path   = "/etc/motd"
  source = "motd.tmpl"
  vars   = { greeting = var.greeting, teams = keys(local.teams) }
  mode   = "0644"
}

file "team" {
  for_each = local.teams
  path     = "/etc/motd.d/${each.key}"
  content  = "${each.value}\n"
  mode     = "0644"
}

link "/etc/issue" { target = "motd" }
