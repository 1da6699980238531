# A database server: its settings, how clients are recognised, roles and databases.

variable "version" {
  type    = number
  default = 15
}

variable "settings" {
  type        = map(string)
  default     = { listen_addresses = "localhost", max_connections = "100", shared_buffers = "128MB" }
  description = "keys of postgresql.conf; other keys are left alone"
}

variable "host_rules" {
  description = "lines of pg_hba.conf, the first that fits a client counts"
  type        = list(object({ type = string, database = string, user = string, address = optional(string, ""), method = string }))
  default = [
    { type = "local", database = "all", user = "postgres", method = "peer" },
    { type = "local", database = "all", user = "all", method = "peer" },
    { type = "host", database = "all", user = "all", address = "127.0.0.1/32", method = "scram-sha-256" },
    { type = "host", database = "all", user = "all", address = "::1/128", method = "scram-sha-256" },
  ]
}

variable "databases" {
  type        = map(string)
  default     = { app = "app" }
  description = "databases, with the role that owns each"
}

variable "locale" {
  type    = string
  default = "C.UTF-8"
}

# The password of the role that owns the databases.
secret "app" { file = "/etc/converge/secrets/app" }

locals {
  etc   = "/etc/postgresql/${var.version}/main"
  roles = toset(values(var.databases))
  psql  = ["psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--tuples-only", "--no-align"]
}

locale "databases" {
  name    = var.locale
  default = true
}

package "postgresql" { depends_on = [locale.databases] }

setting "option" {
  for_each   = var.settings
  path       = "${local.etc}/postgresql.conf"
  format     = "keyvalue"
  key        = each.key
  value      = each.value
  depends_on = [package.postgresql]
  notifies   = [service.postgresql.restart]
}

template "rules" {
  path       = "${local.etc}/pg_hba.conf"
  source     = "pg_hba.conf.tmpl"
  vars       = { rules = var.host_rules }
  owner      = "postgres"
  group      = "postgres"
  mode       = "0640"
  depends_on = [package.postgresql]
  notifies   = [service.postgresql.reload]
}

service "postgresql" {
  name    = "postgresql@${var.version}-main"
  running = true
}

check "accepts" {
  command = ["pg_isready", "--quiet"]
  within  = "60s"
  run_on  = [service.postgresql]
}

# Roles and databases are rows of tables in the server: nothing but a client of the
# server can make them.
exec "role" {
  for_each   = local.roles
  user       = "postgres"
  command    = "psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --set=role=\"$ROLE\" <<'END'\n\\getenv password PASSWORD\nSELECT format('CREATE ROLE %I LOGIN', :'role') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \\gexec\nALTER ROLE :\"role\" PASSWORD :'password';\nEND\n"
  env        = { ROLE = each.key, PASSWORD = secret.app }
  triggers   = { password = secret.app }
  unless     = [local.psql[0], "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--command", "SELECT 1/count(*) FROM pg_roles WHERE rolname = '${each.key}'"]
  depends_on = [check.accepts]
}

# Only the server makes a database, and postgres may ask it to: createdb fails if there is one of that name.
exec "database" {
  for_each   = var.databases
  user       = "postgres"
  command    = ["createdb", "--owner", each.value, each.key]
  unless     = ["psql", "--no-psqlrc", "--quiet", "--dbname", each.key, "--command", "SELECT 1"]
  depends_on = [exec.role]
}
