# Software from a third party's apt repository: its key, the repository, which of its packages to take, and
# the packages. Made for Docker's and PostgreSQL's repositories and the like; set url, suite and key.

variable "url" {
  type    = string
  default = "https://packages.example.com/debian"
}

variable "suite" {
  type    = string
  default = "stable"
}

variable "release" {
  type        = string
  description = "by what apt knows the repository: fields of its Release file, see apt_preferences(5)"
}

# A key from the net needs its digest: key = { source = "https://example.com/key.asc", sha256 = "0f34…" }.
# converge refuses an index that another key has signed.
variable "key" {
  type        = object({ source = string, sha256 = optional(string) })
  description = "the public key that signs it: a file or a URL"
}

repository "acme" {
  url        = var.url
  suites     = [var.suite]
  components = ["main"]
  key_source = var.key.source
  key_sha256 = var.key.sha256

  # Nothing of it replaces a package of the distribution, but for those that are wanted from it.
  pin_release = var.release
  priority    = 100
  pin         = { "hello-conf" = "1.*" } # stay on 1.x until this line is changed
}

# Repositories come before packages without saying so.
package "hello-conf" {}

# The vendor's own way to add the repository, from before: it would be a second declaration of it.
file "/etc/apt/sources.list.d/acme-setup.list" { ensure = "absent" }
