# Docker from its own repository, with options of the daemon and people who may use it.
#
# The key of the repository has to be on the host first: its maintainers publish it beside the packages (…/linux/debian/gpg).
# Compare its fingerprint with the one that they publish, and put it at /etc/converge/docker.asc; or set
# repository.key to the URL and key_sha256 to the SHA-256 of the file that you have compared.

variable "repository" {
  description = "where the packages are, and the key that signs them: a file, or a URL with its SHA-256"
  type        = object({ url = string, suite = string, component = string, key = string, key_sha256 = optional(string) })
  default = {
    url       = "https://download.docker.com/linux/debian"
    suite     = "bookworm"
    component = "stable"
    key       = "/etc/converge/docker.asc"
  }
}

variable "daemon_options" {
  type        = any # an object: a map has values of one type, and would make "true" of true
  default     = { "log-driver" = "journald", "live-restore" = true }
  description = "keys of daemon.json; other keys of that file are left alone"
}

variable "arguments" {
  type        = list(string)
  default     = ["/usr/bin/dockerd", "-H", "fd://", "--containerd=/run/containerd/containerd.sock"]
  description = "command line of the daemon"
}

variable "users" {
  type        = set(string)
  default     = []
  description = "accounts that may use docker, which makes them root"
}

package "conflicting" {
  for_each = toset(["docker.io", "docker-compose", "podman-docker", "containerd", "runc"])
  name     = each.key
  ensure   = "absent"
}

repository "docker" {
  url        = var.repository.url
  suites     = [var.repository.suite]
  components = [var.repository.component]
  key_source = var.repository.key
  key_sha256 = var.repository.key_sha256
}

package "containerd.io" {}
package "docker-ce" {}

directory "/etc/docker" {}

setting "option" {
  for_each = var.daemon_options
  path     = "/etc/docker/daemon.json"
  key      = each.key
  value    = each.value
  create   = true
  notifies = [service.docker.restart]
}

unit "docker.service" {
  drop_in    = "command"
  sections   = { Service = { ExecStart = ["", join(" ", var.arguments)] } }
  depends_on = [package.docker-ce]
  notifies   = [service.docker.restart]
}

service "docker" {
  enabled    = true
  running    = true
  restart_on = [package.docker-ce, package["containerd.io"]]
}

user "allowed" {
  for_each   = var.users
  name       = each.key
  groups     = ["docker"]
  append     = true
  depends_on = [package.docker-ce]
}

check "docker" {
  unit   = "docker.service"
  stable = "1s"
  run_on = [service.docker]
}
