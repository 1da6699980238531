# Software that is built on this host, beside the packages of its distribution.
# `make install` installs each version into a folder of its own, and the package
# shows one of them in /usr/local, by links. A switch to another version, or
# back, is one step:
#
#   converge apply --var greeter=1.1
#   converge apply --var greeter=1.0

variable "greeter" {
  type    = string
  default = "1.0"
}

package "tools" {
  for_each = toset(["gcc", "libc6-dev", "make"])
  name     = each.key
}

exec "build" {
  command    = ["make", "-C", "${path.module}/src", "install", "VERSION=${var.greeter}", "prefix=/usr/local/stow/greeter/${var.greeter}"]
  creates    = "/usr/local/stow/greeter/${var.greeter}/bin/greeter" # the Makefile installs this file last
  depends_on = [package.tools]
}

package "greeter" {
  provider = "stow2"
  version  = var.greeter
}

service "greeter" {
  enabled    = true
  running    = true
  restart_on = [package.greeter]
}
