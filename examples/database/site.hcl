# A database server whose databases are made in the same run. What is made inside of a server needs the
# server as it is going to be: so its settings notify it immediately, and not at the end of the run.

variable "version" {
  type    = number
  default = 15
}

variable "settings" {
  type    = map(string)
  default = { max_connections = "50", wal_level = "logical" }
}

variable "databases" {
  type    = set(string)
  default = ["shop"]
}

package "postgresql" {}

setting "server" {
  for_each   = var.settings
  path       = "/etc/postgresql/${var.version}/main/postgresql.conf"
  format     = "keyvalue"
  key        = each.key
  value      = each.value
  depends_on = [package.postgresql]

  # Right after this change, before anything that comes after it. Two settings are one restart: they
  # are one write of one file.
  notifies = [immediately(service.postgresql.restart)]
}

service "postgresql" {
  name    = "postgresql@${var.version}-main"
  enabled = true
  running = true
}

# What depends on the check waits until the server answers.
check "answers" {
  command = ["pg_isready", "--quiet"]
  within  = "60s"
  run_on  = [service.postgresql]
}

exec "database" {
  for_each   = var.databases
  user       = "postgres"
  command    = ["createdb", each.key]
  unless     = ["psql", "--no-psqlrc", "--quiet", "--dbname", each.key, "--command", "SELECT 1"]
  depends_on = [check.answers]
}

# A slot for logical replication: the server refuses it with any other wal_level, so the setting has to be
# in force here. A notification at the end of the run would be too late.
exec "slot" {
  for_each   = var.databases
  user       = "postgres"
  command    = ["psql", "--no-psqlrc", "--quiet", "--dbname", each.key, "--command", "SELECT pg_create_logical_replication_slot('${each.key}', 'pgoutput')"]
  unless     = "psql --no-psqlrc --quiet --tuples-only --no-align --command \"SELECT 1 FROM pg_replication_slots WHERE slot_name = '${each.key}'\" | grep -q 1"
  depends_on = [exec.database]
}
