variable "name" { type = string }
variable "command" { type = string }

user "application" {
  name   = var.name
  system = true
  shell  = "/usr/sbin/nologin"
}

directory "data" {
  path  = "/srv/${var.name}"
  owner = user.application.name
  mode  = "0750"
}

unit "application" {
  name = "${var.name}.service"
  sections = {
    Unit    = { Description = "The application ${var.name}" }
    Service = { ExecStart = var.command, User = user.application.name, WorkingDirectory = directory.data.path }
    Install = { WantedBy = "multi-user.target" }
  }
}

service "application" {
  name       = "${var.name}.service"
  enabled    = true
  running    = true
  depends_on = [unit.application]
}
