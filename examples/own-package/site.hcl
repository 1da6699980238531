# Installs a package of ours from a repository of ours: see docs/own-packages.md for
# how package/pack.hcl becomes both.
#
#   converge apply --var url=https://packages.example.com examples/own-package
#
# Without a version, each run installs the newest one. With --var version=1.0.0-1 the
# host goes to that version, and stays there.

variable "url" {
  type        = string
  description = "where the folder of the repositories is served"
}

variable "key" {
  type        = string
  default     = "/etc/converge/own.asc"
  description = "the public key of the repositories, which has to be on the host first: docs/own-packages.md says how it is made"
}

variable "version" {
  type    = string
  default = null
}

settings {
  name    = "own-package"
  max_age = "0" # a version that was published a minute ago counts
}

variable "manager" {
  type        = string
  default     = "auto"
  description = "the package manager, where a host has several"
}

locals {
  rpm = var.manager == "auto" ? contains(["redhat", "suse"], node.os.family) : contains(["dnf", "zypper"], var.manager)
}

repository "own" {
  provider   = var.manager
  url        = "${var.url}/${local.rpm ? "rpm" : "deb"}"
  suites     = local.rpm ? null : ["stable"]
  components = local.rpm ? null : ["main"]
  key_source = var.key
}

package "greeter" {
  provider        = var.manager
  ensure          = var.version == null ? "latest" : "present"
  version         = var.version
  allow_downgrade = true # to a version that is pinned
}

# The package restarts its service when it is upgraded; that counts, and there is no
# second restart.
service "greeter" {
  enabled    = true
  running    = true
  restart_on = [package.greeter]
}
