# The package converge-pkg: what converge pack and converge repo are carried out by,
# for hosts that build packages.

variable "version" {
  type        = string
  description = "version to build, as git describe has it"
}

variable "stage" {
  type        = string
  description = "folder of what make package has made: ARCH/converge-pkg"
}

variable "maintainer" {
  type    = string
  default = "converge <root@localhost>"
}

package "converge-pkg" {
  version     = var.version
  summary     = "Build native packages, and repositories of them"
  description = "Carries out converge pack and converge repo."
  maintainer  = var.maintainer
  section     = "admin"
  depends     = ["converge"]
}

file "/usr/bin/converge-pkg" {
  source = "${var.stage}/${node.arch}/converge-pkg"
  mode   = "0755"
}
