# The package stow2: the farm alone, for who needs no more. It has no chkstow: the
# package stow of GNU Stow has one, and both may be on one host. stow2 --check does
# the same.

variable "version" {
  type        = string
  description = "version to build, as git describe has it"
}

variable "stage" {
  type        = string
  description = "folder of what make package has made: ARCH/stow2, man"
}

variable "maintainer" {
  type    = string
  default = "converge <root@localhost>"
}

locals {
  zsh = node.format == "deb" ? "vendor-completions" : "site-functions"
}

package "stow2" {
  version     = var.version
  summary     = "Manage a farm of symbolic links to locally built software"
  description = <<-TEXT
    stow2 makes software that is installed in directories of its own appear in one
    place, such as /usr/local, by symbolic links. It follows GNU Stow 2.4.1, keeps
    versions of a package side by side, and survives being killed at any moment.
  TEXT
  maintainer  = var.maintainer
  section     = "admin"
  suggests    = ["bash-completion"]
}

file "/usr/bin/stow2" {
  source = "${var.stage}/${node.arch}/stow2"
  mode   = "0755"
}

tree "manual" {
  for_each = toset(["man7", "man8"])
  path     = "/usr/share/man/${each.key}"
  source   = "${var.stage}/man/${each.key}"
}

file "completions" {
  for_each = {
    "bash-completion/completions/stow2"    = "stow2.bash"
    "zsh/${local.zsh}/_stow2"              = "_stow2"
    "fish/vendor_completions.d/stow2.fish" = "stow2.fish"
  }
  path   = "/usr/share/${each.key}"
  source = "../completions/${each.value}"
}

# An rpm that does not say that a folder is its own leaves it when it goes. Several may
# say so of one.
directory "own" {
  for_each = toset(node.format != "rpm" ? [] : ["bash-completion", "bash-completion/completions", "zsh", "zsh/site-functions", "fish", "fish/vendor_completions.d"])
  path     = "/usr/share/${each.key}"
}
