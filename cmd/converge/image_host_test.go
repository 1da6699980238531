package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"converge/internal/testhost"
)

// imaged is a site for an image: its service is a script, or a unit if systemd boots the image.
const imaged = `
user "app" { home = "/srv/app" }
file "/srv/app/app.conf" {
  content  = "x\n"
  owner    = "app"
  notifies = [service.app.restart]
}
file "/etc/init.d/app" {
  mode    = "0755"
  content = <<-S
    #!/bin/sh
    ### BEGIN INIT INFO
    # Provides:          app
    # Required-Start:    $remote_fs
    # Required-Stop:     $remote_fs
    # Default-Start:     2 3 4 5
    # Default-Stop:      0 1 6
    # Short-Description: a daemon of a test
    ### END INIT INFO
    case "$1" in
    start) start-stop-daemon -S -q -o -b -m -p /run/app.pid -x /bin/sleep -- infinity ;;
    stop) start-stop-daemon -K -q -o -R 5 -p /run/app.pid -x /bin/sleep ;;
    status) start-stop-daemon -T -q -p /run/app.pid -x /bin/sleep ;;
    esac
  S
}
file "/etc/systemd/system/app.service" {
  when    = node.init == "systemd"
  content = "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n"
}
service "app" {
  enabled = true
  running = true
}
service "procps" { masked = true }
`

// A tree is converged from outside, with the links of the init system that would boot it. It boots, its services are as
// declared, and the first apply on it changes nothing.
func TestImageBootsConverged(t *testing.T) {
	for _, image := range []string{"base", "sysv", "openrc"} {
		t.Run(image, func(t *testing.T) {
			t.Parallel()
			h := testhost.Create(t, testhost.Options{Image: image})
			h.WriteFile(t, "/etc/site.hcl", imaged, 0o644)
			program := testhost.Binary(t, "converge/cmd/converge")
			site := filepath.Join(h.Root(), "etc/site.hcl")
			for _, want := range []string{"not looked at: nothing runs in", "Nothing to do:"} {
				out, err := exec.Command(program, "apply", "--root", h.Root(), site).CombinedOutput()
				if err != nil || !strings.Contains(string(out), want) {
					t.Fatalf("%v\n%s", err, out)
				}
			}
			h.Boot(t)
			inside := h.Program(t, "converge/cmd/converge")
			if out := h.MustExec(t, inside, "apply", "--detailed-exitcode", "/etc/site.hcl"); !strings.Contains(out, "Nothing to do:") {
				t.Error(out)
			}
			h.MustExec(t, "pgrep", "-u", "root", "-f", "^/bin/sleep infinity")
		})
	}
}
