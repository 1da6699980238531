package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestProtectedFromMounts: nothing may be mounted over an existing protected resource, by another site, by the same one
// or by a rollback. If nothing is protected, the other site gets a warning.
func TestProtectedFromMounts(t *testing.T) {
	if !inWorld(t) {
		return
	}
	w := newAccountsWorld(t)
	w.taken = map[string]bool{}
	writeIn(t, "/etc/fstab", "")
	mountAt := func(path, attrs string) string {
		return "mount " + strconv.Quote(path) + " {\ndevice = \"tmpfs\"\ntype = \"tmpfs\"\n" + attrs + "\n}\n"
	}
	fileAt := func(path, attrs string) string {
		return "file " + strconv.Quote(path) + " {\ncontent = \"x\\n\"\n" + attrs + "\n}\n"
	}
	put := func(site, text string) string {
		at := filepath.Join("/root", strconv.Itoa(len(text)), site+".hcl")
		writeIn(t, at, "settings { name = "+strconv.Quote(site)+" }\n"+text)
		return at
	}
	says := func(status int, want string, args ...string) {
		t.Helper()
		out, err := w.converge(args...).CombinedOutput()
		if (err == nil) != (status == 0) || !strings.Contains(string(out), want) {
			t.Errorf("%q: %v, want %q: %s", args, err, want, out)
		}
	}
	for _, dir := range []string{"/srv/d", "/mnt/p", "/mnt/u", "/media/o"} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	const protect = "protect = true"

	w.run(t, "a file", 0, "apply", put("one", fileAt("/srv/d/f", protect)))
	says(1, `hide "/srv/d/f", and file["/srv/d/f"] of site one declares it, which is protected by`, "plan", put("two", mountAt("/srv", "")))
	says(1, "which is protected by", "apply", put("two", mountAt("/srv", "")))
	says(3, "it would hide /srv/d/f, which is protected by", "plan", put("one", fileAt("/srv/d/f", protect)+mountAt("/srv", "")))
	says(3, "it would hide /srv/d/f, which is protected by", "apply", put("one", fileAt("/srv/d/f", protect)+mountAt("/srv", "")))
	w.run(t, "with the mark taken away", 0, "apply", put("one", fileAt("/srv/d/f", "")))
	says(0, `Warning: mount["/srv"] (/root/`, "plan", put("two", mountAt("/srv", "")))

	w.run(t, "a mount", 0, "apply", put("three", mountAt("/mnt/p", protect)))
	says(1, `hide "/mnt/p"`, "apply", put("four", mountAt("/mnt", "")))
	says(3, "it would hide /mnt/p, which is protected by", "apply", put("three", mountAt("/mnt/p", protect)+mountAt("/mnt", "")))

	w.run(t, "to be unmounted", 0, "apply", put("five", mountAt("/media", "")))
	w.newRuns(t)
	w.run(t, "unmounted", 0, "apply", put("five", mountAt("/media", "state = \"unmounted\"")))
	unmounted := w.newRuns(t)
	w.run(t, "a file", 0, "apply", put("six", fileAt("/media/o/f", protect)))
	says(1, "which is protected by", "rollback", "--confirm", unmounted[0])

	w.newRuns(t)
	w.run(t, "to be in a mount", 0, "apply", put("eight", mountAt("/mnt/u", "")))
	mounted := w.newRuns(t)
	w.run(t, "in that mount", 0, "apply", put("nine", fileAt("/mnt/u/f", protect)))
	says(1, `hide "/mnt/u/f"`, "plan", put("eight", mountAt("/mnt/u", "state = \"unmounted\"")))
	says(1, `hide "/mnt/u/f"`, "apply", put("eight", "mount \"/mnt/u\" { ensure = \"absent\" }\n"))
	says(0, "stays, because without it", "plan", "--prune", put("eight", ""))
	says(1, `mount["/mnt/u"] would hide "/mnt/u/f"`, "rollback", "--confirm", mounted[0])
	says(1, `hide "/media/o/f"`, "plan", put("ten", mountAt("/media/o", "state = \"saved\"")))

	// Resources inside the mount do not prevent it, neither at first nor after it is unmounted.
	both := put("seven", mountAt("/var/cache/debconf", "")+fileAt("/var/cache/debconf/f", protect))
	w.run(t, "in a mount", 0, "apply", both)
	says(0, "Nothing to do", "apply", both)
	if err := unix.Unmount("/var/cache/debconf", 0); err != nil {
		t.Fatal(err)
	}
	says(0, "", "apply", both)
	says(0, "Nothing to do", "apply", both)
}
