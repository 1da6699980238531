# Runs converge unattended: a minute after each boot, and then every half hour.
# A failed run leaves a failed unit, which systemctl --failed lists.
#
#   converge apply examples/unattended
#   systemctl start converge           # run now, without the timer
#   converge status                    # how the last run ended

variable "converge" {
  type    = string
  default = "/usr/local/bin/converge"
}

variable "site" {
  type        = string
  default     = "/etc/converge/site"
  description = "the folder of the host's own manifests"
}

file "/etc/systemd/system/converge.service" {
  content = <<-UNIT
    [Unit]
    Description=Make this host match ${var.site}
    Wants=network-online.target
    After=network-online.target

    [Service]
    Type=oneshot
    ExecStart=${var.converge} apply ${var.site}
  UNIT
}

file "/etc/systemd/system/converge.timer" {
  content = <<-UNIT
    [Unit]
    Description=Run converge every half hour

    [Timer]
    OnBootSec=1min
    OnUnitInactiveSec=30min
    RandomizedDelaySec=5min

    [Install]
    WantedBy=timers.target
  UNIT
}

service "converge.timer" {
  enabled = true
  running = true
}
