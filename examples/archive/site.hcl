# A program that its makers publish as an archive: downloaded, checked by its digest, unpacked, and
# switched to by a link. A new release is another version and another digest in the manifest.

variable "version" {
  type        = string
  description = "the release, as in the name of its archive"
}

variable "sha256" {
  type        = string
  description = "the SHA-256 of the archive, from the makers' page"

  validation {
    condition     = length(var.sha256) == 64
    error_message = "A SHA-256 has 64 hexadecimal digits."
  }
}

variable "mirror" {
  type    = string
  default = "https://downloads.example.com/greeter"
}

directory "/opt/greeter" { parents = true }

# Each release has a folder of its own below releases; the link to the current one is switched last, in
# one step, and the release before it stays for a rollback.
archive "greeter" {
  path    = "/opt/greeter/releases"
  source  = "${var.mirror}/greeter-${var.version}.tar.gz"
  sha256  = var.sha256
  strip   = 1               # the folder greeter-1.0 in the archive
  exclude = ["*.md", "src"] # what nobody needs at run time
  link    = "/opt/greeter/current"
  keep    = 2
}

directory "/usr/local/bin" { parents = true }

link "/usr/local/bin/greeter" {
  target     = "/opt/greeter/current/bin/greeter"
  depends_on = [archive.greeter]
}
