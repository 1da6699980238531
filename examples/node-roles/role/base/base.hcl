variable "roles" {
  type        = set(string)
  description = "what the host does"

  validation { # a mistyped role is an error, and not a host that loses what the role brought
    condition     = length(setsubtract(var.roles, ["web", "database"])) == 0
    error_message = "Roles are web and database, not ${join(", ", setsubtract(var.roles, ["web", "database"]))}."
  }
}

locals {
  about = { web = "serves pages", database = "keeps the data" }
}

directory "/etc/motd.d" {}

file "/etc/motd.d/roles" { # for those who log in
  content = "This host ${length(var.roles) > 0 ? join(" and ", [for role in var.roles : local.about[role]]) : "has no role yet"}.\n"
}
