# One manifest for images of every family of distributions. An image builder applies
# it to a tree that does not run; the machine that boots from the tree applies it
# once more, and nothing is left to change:
#
#   converge apply --root /mnt/image site.hcl
#
# All facts are those of the tree: which package manager it has, which init, what
# its distribution is called.

settings { name = "image" } # one site, wherever the manifest lies

variable "repository" {
  type        = string
  default     = "file:///srv/repo"
  description = "where the own packages are, in the tree"
}

locals {
  # Where each family looks below that URL, as `converge repo` lays it out.
  place = { debian = "deb", redhat = "rpm", suse = "rpm", arch = "arch/$arch", alpine = "apk" }
  apt   = node.os.family == "debian"
}

repository "own" {
  url        = "${var.repository}/${local.place[node.os.family]}"
  suites     = local.apt ? ["stable"] : null
  components = local.apt ? ["main"] : null
  key_source = node.os.family == "alpine" ? "own.rsa.pub" : "own.asc"
}

package "greeter" {
  # The same software, under the name that each family gives it.
  names = { debian = "greeter", redhat = "greeter-server", suse = "greeter-server" }
}

user "greeter" {
  system = true
  home   = "/var/lib/greeter"
  shell  = "/usr/sbin/nologin"
}

directory "/var/lib/greeter" {
  owner = "greeter"
  mode  = "0750"
}

file "/etc/greeter.conf" {
  content = "greeting=Hello from ${node.os.id}\n"

  # The greeter of the tree judges, and not one of the machine that builds.
  verify     = ["greeter", "--check", "{path}"]
  depends_on = [package.greeter]
  notifies   = [service.greeter.restart]
}

service "greeter" {
  enabled = true
  running = true # after the boot
}
