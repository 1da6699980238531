package main

import (
	"os/exec"
	"testing"
)

// TestHiddenFilesStay: files hidden by a mount differ from those that the run made on it, so a rollback or prune, which
// removes the latter and unmounts it, must not touch the hidden ones.
func TestHiddenFilesStay(t *testing.T) {
	if !inWorld(t) {
		return
	}
	w := &world{}
	if out, err := exec.Command("mkdir", "-p", "/srv/data/sub").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	writeWorld(t, "/etc/fstab", "# kept\n")
	writeWorld(t, "/srv/data/f", "hidden\n")
	writeWorld(t, "/srv/data/sub/g", "hidden, too\n")
	writeWorld(t, "/srv/none.hcl", "settings { name = \"s\" }\n")
	writeWorld(t, "/srv/site.hcl", `settings { name = "s" }
mount "/srv/data" {
  device = "tmpfs"
  type   = "tmpfs"
}
file "/srv/data/f" { content = "made\n" }
directory "/srv/data/sub" {}
file "/srv/data/sub/g" { content = "made, too\n" }
`)
	for _, back := range [][]string{{"rollback"}, {"apply", "--prune", "/srv/none.hcl"}} {
		w.run(t, "made", 0, "apply", "/srv/site.hcl")
		if got := read(t, "/srv/data/f"); got != "made\n" {
			t.Errorf("on the mount there is %q", got)
		}
		w.run(t, "taken back", 0, back...)
		if a, b, lines := read(t, "/srv/data/f"), read(t, "/srv/data/sub/g"), read(t, "/etc/fstab"); a != "hidden\n" || b != "hidden, too\n" || lines != "# kept\n" {
			t.Errorf("%v: %q, %q, %q", back, a, b, lines)
		}
	}
}
