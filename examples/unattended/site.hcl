# Runs converge unattended where it was not installed as a package: one to six minutes
# after each boot, 30 to 35 minutes after each run, and two minutes after a run that has
# failed. The packages of converge bring the same units; there, systemctl enable --now
# converge.timer converge-retry.timer is all.
#
#   converge apply examples/unattended
#   systemctl start converge           # run now, without the timer
#   systemctl --failed                 # lists converge.service if the last run failed
#   converge status                    # how the last run ended

variable "converge" {
  type    = string
  default = "/usr/local/bin/converge"
}

variable "site" {
  type        = string
  default     = "/etc/converge"
  description = "the folder of the host's own manifests"
}

file "/etc/systemd/system/converge.service" {
  content = <<-UNIT
    # Applies the manifest of this host once: by hand (systemctl start converge), by
    # converge.timer or by converge-retry.timer. A run that fails leaves a failed unit; a
    # timer starts it again, and it goes on from where it stopped.

    [Unit]
    Description=Make this host match ${var.site}
    Documentation=man:converge-apply(1)
    Wants=network-online.target
    After=network-online.target

    [Service]
    Type=oneshot
    ExecStart=${var.converge} apply --report /var/log/converge-report.json ${var.site}

    # A run changes users, units, kernel parameters and, by scripts of packages and by
    # commands, anything else. What a sandbox of systemd takes away or hides (mounts,
    # set-user-ID bits, system calls, /tmp) would be missing in some of them, so there
    # is none. What is left does no harm: memory, which may hold secrets, is not dumped,
    # and a command that runs out of memory fails alone.
    LimitCORE=0
    OOMPolicy=continue
    # Commands of pipelines end when nobody reads on, as they do in a shell.
    IgnoreSIGPIPE=no
    UMask=0022
  UNIT
}

file "/etc/systemd/system/converge.timer" {
  content = <<-UNIT
    # systemctl enable --now converge.timer

    [Unit]
    Description=Make this host match ${var.site} again and again
    Documentation=man:converge-apply(1)

    [Timer]
    OnBootSec=1min
    # Also after a run that has failed.
    OnUnitInactiveSec=30min
    RandomizedDelaySec=5min

    [Install]
    WantedBy=timers.target
  UNIT
}

file "/etc/systemd/system/converge-retry.service" {
  content = <<-UNIT
    # Runs converge again if its last run did not end well: if it failed, was refused or
    # killed, still owes something, or left a service in the queue that has failed since
    # (a run during the boot cannot wait for what waits for it). A host that is as it
    # should be is left alone, whatever other sites of the host have left. How the new run
    # goes, converge.service shows.
    #
    # The timer comes every two minutes. A run is started at the first, second, fourth,
    # eighth time and so on, and at last about every hour, until one has ended well.

    [Unit]
    Description=Run converge again if its last run has failed
    Documentation=man:converge-status(1)
    # The run of cloud-init is one to wait for.
    After=converge.service cloud-final.service

    [Service]
    Type=oneshot
    ExecStart=/bin/sh -c 'if timeout 300 ${var.converge} status --wait /etc/converge && ! systemctl --quiet is-failed converge.service; then exec rm -f /run/converge-retry; fi; \
      n=$$(cat /run/converge-retry 2>/dev/null || echo 0); n=$$((n + 1)); echo $$n >/run/converge-retry; \
      if [ $$((n & (n - 1))) -eq 0 ] || [ $$((n %% 32)) -eq 0 ]; then systemctl start --no-block converge.service; fi'
  UNIT
}

file "/etc/systemd/system/converge-retry.timer" {
  content = <<-UNIT
    # For a host that is to be converged at its first boot, and then left alone; beside
    # converge.timer, for one that is not to wait half an hour after a failure:
    # systemctl enable --now converge-retry.timer

    [Unit]
    Description=Run converge again until a run has succeeded
    Documentation=man:converge-status(1)

    [Timer]
    OnBootSec=1min
    OnUnitInactiveSec=2min

    [Install]
    WantedBy=timers.target
  UNIT
}

service "converge.timer" {
  enabled = true
  running = true
}

service "converge-retry.timer" {
  enabled = true
  running = true
}
