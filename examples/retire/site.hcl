# Applications of a host, of which one is retired by deleting its line: its service is stopped and
# disabled, then its unit, its folder and its account go. What is in the folder that converge did not make stays.

settings {
  name  = "applications"
  prune = true # what is no longer declared goes, but only what this site made
}

variable "applications" {
  type        = map(object({ command = string }))
  description = "what runs here; delete a line to retire one"
  default = {
    shop    = { command = "/bin/sleep infinity" }
    reports = { command = "/bin/sleep infinity" }
  }
}

module "application" {
  source   = "./application"
  for_each = var.applications
  name     = each.key
  command  = each.value.command
}

# What converge did not make is not pruned, so it is declared absent until every host is rid of it: here
# what was installed by hand before there was a manifest.
file "/etc/cron.d/shop-cleanup" { ensure = "absent" }
