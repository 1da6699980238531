# A host that keeps itself as its manifest says: converge runs every night, and a second timer tells in
# the morning what would have to be changed. converge is already installed, for it applies this.
# (The packages of converge bring timers of their own: systemctl enable --now converge.timer.)

variable "converge" {
  type        = string
  default     = "/usr/local/bin/converge"
  description = "the program: /usr/bin/converge, if a package has it"
}

variable "site" {
  type        = string
  default     = "/etc/converge"
  description = "the folder of the host's own manifests, this file among them"
}

# Reports nothing while all is well; a failed run is a failed unit, which monitoring sees.
timer "converge-nightly" {
  command  = [var.converge, "apply", "--report", "/var/log/converge-report.json", var.site]
  calendar = "*-*-* 02:30"
  delay    = "45m" # so that not all hosts ask their mirrors at once
}

# Changes nothing. Exit status 2, which means that there is something to change, is a failed unit.
timer "converge-drift" {
  command  = [var.converge, "plan", "--detailed-exitcode", var.site]
  calendar = "Mon..Fri 08:00"
}

# Reports do not pile up.
file "/etc/logrotate.d/converge-report" {
  content = "/var/log/converge-report.json {\n  weekly\n  rotate 8\n  missingok\n  notifempty\n}\n"
}
