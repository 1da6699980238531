# The package greeter: a program, its configuration, a unit and an account.
# Build it: converge pack --var version=1.0.0 --out packages examples/own-package/package

variable "version" {
  type        = string
  description = "version to build"
}

package "greeter" {
  version    = var.version
  arch       = "all"
  summary    = "Greets, now and then"
  maintainer = "Jo Doe <jo@example.org>"
  license    = "MIT"
  homepage   = "https://example.org/greeter"

  # Names differ between the families; a recipe sees which one it is for.
  recommends = node.format == "deb" ? ["logrotate"] : []
}

user "greeter" {
  home = "/var/lib/greeter"
}

directory "/var/lib/greeter" {
  owner = "greeter"
  group = "greeter"
  mode  = "0750"
}

file "/usr/bin/greeter" {
  content = templatefile("greeter.sh.tmpl", { version = var.version })
  mode    = "0755"
}

config "/etc/greeter.conf" {
  source = "greeter.conf"
}

unit "greeter.service" {
  source = "greeter.service"
}

change "1.0.0" {
  date  = "2026-05-01"
  notes = ["First version."]
}

change "1.1.0" {
  when  = var.version != "1.0.0"
  date  = "2026-06-01"
  notes = ["Greets twice."]
}
