package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"converge/internal/testhost"
)

// swapFile is swap space in a world.
const swapFile = diskInWorld + "/swap"

// TestSwapIsUsed: a real swapon uses the declared space, with its priority; another size makes the file anew; a rollback
// and prune remove it completely. Swap space belongs to the whole machine: this takes two megabytes for a moment.
func TestSwapIsUsed(t *testing.T) {
	if !inWorld(t) {
		return
	}
	checkSwapon(t)
	defer exec.Command("swapoff", swapFile).Run() //nolint:errcheck // a failed test may have left it
	w := &world{}
	site := func(block string) string {
		writeWorld(t, "/srv/site.hcl", "settings { name = \"s\" }\n"+block+"\n")
		return "/srv/site.hcl"
	}
	declared := func(size string) string {
		return site("swap \"" + swapFile + "\" {\n  size     = \"" + size + "\"\n  priority = 3\n}")
	}
	const line = "# kept\n" + swapFile + " none swap sw,pri=3 0 0\n"
	want := func(when, inUse, fstab string) {
		t.Helper()
		got := ""
		for l := range strings.Lines(read(t, "/proc/swaps")) {
			if strings.HasPrefix(l, swapFile+" ") || strings.HasPrefix(l, swapFile+"\t") {
				f := strings.Fields(l)
				got = f[2] + " KiB, priority " + f[4]
			}
		}
		if lines := read(t, "/etc/fstab"); got != inUse || lines != fstab {
			t.Errorf("%s: in use is %q, want %q; fstab is %q", when, got, inUse, lines)
		}
		if _, err := os.Stat(swapFile); (err == nil) != (inUse != "") {
			t.Errorf("%s: the file: %v", when, err)
		}
	}
	writeWorld(t, "/etc/fstab", "# kept\n")

	w.run(t, "made", 0, "apply", declared("1M"))
	want("made", "1020 KiB, priority 3", line)
	w.run(t, "applied again", 0, "apply", "--detailed-exitcode", declared("1M"))
	w.run(t, "another size", 0, "apply", declared("2M"))
	want("another size", "2044 KiB, priority 3", line)
	w.run(t, "the size taken back", 0, "rollback")
	want("the size taken back", "1020 KiB, priority 3", line)
	if out, err := exec.Command("swapoff", swapFile).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	w.run(t, "used again", 0, "apply", declared("1M"))
	want("used again", "1020 KiB, priority 3", line)
	w.run(t, "pruned", 0, "apply", "--prune", site(""))
	want("pruned", "", "# kept\n")
	w.run(t, "made once more", 0, "apply", declared("2M"))
	w.run(t, "taken back", 0, "rollback")
	want("taken back", "", "# kept\n")
}

// checkSwapon skips the test if the kernel cannot use a file of this disk as swap space.
func checkSwapon(t *testing.T) {
	t.Helper()
	at := diskInWorld + "/probe"
	out, err := exec.Command("sh", "-c", "umask 077 && dd if=/dev/zero of="+at+" bs=64k count=1 && mkswap "+at+" && swapon "+at+" && swapoff "+at).CombinedOutput()
	if err != nil {
		testhost.Cannot(t, "swapon is refused here: "+string(out))
	}
	if err := os.Remove(at); err != nil {
		t.Fatal(err)
	}
}

func writeWorld(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
