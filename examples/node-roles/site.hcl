# One manifest for all hosts: what a host is, it says itself. /etc/converge/node.d/roles.json of a web
# server holds {"roles": ["web"]}. A module stands for each role, and every host has the base.
# See from anywhere what a host would get: converge plan --facts web1.json.

settings {
  name  = "fleet"
  prune = true # a host that loses a role loses what the role brought
}

locals {
  roles = toset(try(node.roles, []))
}

module "base" {
  source = "./role/base"
  roles  = local.roles
}

# for_each, and not when: of a role that a host does not have, nothing is declared.
module "web" {
  source   = "./role/web"
  for_each = setintersection(local.roles, ["web"])
  port     = try(node.web.port, 8080) # an attribute of the host, or what most hosts have
}

module "database" {
  source   = "./role/database"
  for_each = setintersection(local.roles, ["database"])
}
