# The package converge: the program, its pages, completions and units. make package
# builds it, with its neighbours.

variable "version" {
  type        = string
  description = "version to build, as git describe has it"
}

variable "stage" {
  type        = string
  description = "folder of what make package has made: ARCH/converge, man"
}

variable "maintainer" {
  type    = string
  default = "converge <root@localhost>"
}

locals {
  share = "/usr/share"
  zsh   = node.format == "deb" ? "vendor-completions" : "site-functions"
  pages = [for page in fileset("../../docs", "**/*.md") : "docs/${page}"]

  # systemd remembers there when the timer has elapsed last.
  stamp = "rm -f /var/lib/systemd/timers/stamp-converge-drift.timer"
}

package "converge" {
  version     = var.version
  summary     = "Make one Linux host match its manifest"
  description = <<-TEXT
    converge installs packages, writes files and runs services in the order of a
    dependency graph. It restarts each service that needs it exactly once, even after a
    crash, and proves at the end of a run that no change is left to make.

    The units that it brings are off until they are asked for:
    systemctl enable --now converge.timer
  TEXT
  maintainer  = var.maintainer
  section     = "admin"
  suggests    = ["bash-completion", "stow2"]
}

file "/usr/bin/converge" {
  source = "${var.stage}/${node.arch}/converge"
  mode   = "0755"
}

tree "/usr/share/man/man1" {
  source = "${var.stage}/man/man1"
}

tree "/usr/share/man/man5" {
  source = "${var.stage}/man/man5"
}

file "completions" {
  for_each = {
    "bash-completion/completions/converge"    = "converge.bash"
    "zsh/${local.zsh}/_converge"              = "_converge"
    "fish/vendor_completions.d/converge.fish" = "converge.fish"
  }
  path   = "${local.share}/${each.key}"
  source = "../completions/${each.value}"
}

# Every page of docs: a new one needs no line here. Man pages are where man finds them, and
# pages about the code stay with the code.
file "pages" {
  for_each = toset(concat(["README.md", "CHANGELOG.md"], local.pages))
  path     = "${local.share}/doc/converge/${each.key}"
  content = replace(replace(replace(file("../../${each.key}"),
    "/\\]\\((docs/|\\.\\./)*man/([a-z0-9-]+)\\.([0-9])\\)/", "](/usr/share/man/man$3/$2.$3.gz)"),
    "](docs/man)", "](/usr/share/man)"),
  "/\\[([^\\]]*)\\]\\(((ARCHITECTURE|DECISIONS|CONTRIBUTING)\\.md)\\)/", "$1 ($2 of the sources)")
}

tree "pictures" {
  path   = "${local.share}/doc/converge/docs/pictures"
  source = "../../docs/pictures"
}

# As they stand, with their tests: converge test runs them where they are installed. The tests in
# Go are those of the sources.
tree "examples" {
  for_each = toset([for f in fileset("../../examples", "**") : split("/", f)[0] if strcontains(f, "/")])
  path     = "${local.share}/doc/converge/examples/${each.key}"
  source   = "../../examples/${each.key}"
}

file "examples" {
  for_each = toset([for f in fileset("../../examples", "*") : f if !endswith(f, "_test.go")])
  path     = "${local.share}/doc/converge/examples/${each.key}"
  source   = "../../examples/${each.key}"
}

# An rpm that does not say that a folder is its own leaves it when it goes. Several may
# say so of one.
directory "own" {
  for_each = toset(concat(
    ["/usr/share/converge", "/usr/share/doc/converge", "/usr/share/doc/converge/examples", "/etc/converge", "/etc/converge/node.d"],
    [for page in local.pages : "${local.share}/doc/converge/${dirname(page)}"],
    node.format != "rpm" ? [] : [for d in ["bash-completion", "bash-completion/completions", "zsh", "zsh/site-functions", "fish", "fish/vendor_completions.d"] : "${local.share}/${d}"],
  ))
  path = each.key
}

# The first manifest is not a configuration file of the package: such a file would be
# in the way of a manifest that is there before the package (from cloud-init or an
# image), which dpkg asks about and pacman refuses. A script puts it where there is none.
file "/usr/share/converge/site.hcl" {
  source = "../site.hcl"
}

script "post_install" {
  content = <<-SH
    if [ "$action" = install ] && [ ! -e /etc/converge/site.hcl ] && [ ! -L /etc/converge/site.hcl ]; then
      cp /usr/share/converge/site.hcl /etc/converge/site.hcl
      chmod 644 /etc/converge/site.hcl
    fi
  SH
}

# A manifest that nobody has edited goes with the package. In the Debian family
# configuration stays until it is purged, and then so does the state folder, which
# holds what undoing needs. Elsewhere packages leave such data to the administrator.
script "pre_remove" {
  content = node.format == "deb" ? ":" : <<-SH
    if cmp -s /usr/share/converge/site.hcl /etc/converge/site.hcl; then
      rm -f /etc/converge/site.hcl
    fi
  SH
}

script "post_remove" {
  content = node.format != "deb" ? local.stamp : <<-SH
    if [ "$action" = purge ]; then
      ${local.stamp}
      rm -rf /var/lib/converge
      rm -f /etc/converge/site.hcl /var/log/converge-report.json
      rmdir /etc/converge/node.d /etc/converge 2>/dev/null || :
    fi
  SH
}

# Nothing here is enabled or started, and an upgrade in the middle of a run does not
# end that run. What is enabled is started anew, for a timer that has changed.
unit "services" {
  for_each           = toset(["converge.service", "converge-retry.service", "converge-drift.service"])
  name               = each.key
  source             = "../units/${each.key}"
  enable             = false
  start              = false
  restart_on_upgrade = false
}

unit "timers" {
  for_each = toset(["converge.timer", "converge-retry.timer", "converge-drift.timer"])
  name     = each.key
  source   = "../units/${each.key}"
  enable   = false
  start    = false
}
