package edit

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/internal/testhost"
	"converge/resources"
)

// TestFilesThatCannotBeReplaced: a plan says of a file that no run can change, and of one that is
// a mount point, what will be.
func TestFilesThatCannotBeReplaced(t *testing.T) {
	if os.Geteuid() != 0 {
		testhost.Cannot(t, "needs root")
	}
	for _, tt := range []struct {
		name          string
		do            func(path string) (undo func(), err error)
		blocked, note string
	}{
		{name: "ordinary", do: func(string) (func(), error) { return func() {}, nil }},
		{"immutable", flagged("i"), "it is immutable or append-only (see chattr)", ""},
		{"append-only", flagged("a"), "it is immutable or append-only (see chattr)", ""},
		{"mount point", mounted, "", "its file is a mount point: written in place, which is not atomic"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, a := world(t), resourcetest.Attrs
			undo, err := tt.do(filepath.Join(w.Root, "/etc/login.defs"))
			if err != nil {
				testhost.Cannot(t, err.Error())
			}
			defer undo()
			c := resourcetest.Plan(t, resourceOf(t, w, resources.Line, "x", a("path", "/etc/login.defs", "line", "UMASK 077", "match", "^UMASK")))
			r := w.Provider.(*Provider).Review(t.Context(), c, resource.Outlook{Ask: resource.AskForecast, Pending: resource.NothingPending})
			if got := r.Blocked; (got == nil) != (tt.blocked == "") || got != nil && !strings.HasSuffix(got.Error(), tt.blocked) {
				t.Errorf("it is refused with %v, want %q", got, tt.blocked)
			}
			if noted := strings.Join(r.Notes, "\n"); strings.Contains(noted, "mount point") != (tt.note != "") || !strings.Contains(noted, tt.note) {
				t.Errorf("notes: %s, want %q", noted, tt.note)
			}
		})
	}
}

// flagged sets a flag of an inode.
func flagged(flag string) func(path string) (func(), error) {
	return func(path string) (func(), error) {
		err := exec.Command("chattr", "+"+flag, path).Run()
		return func() { _ = exec.Command("chattr", "-"+flag, path).Run() }, err
	}
}

// mounted makes a file a mount point, of itself.
func mounted(path string) (func(), error) {
	err := unix.Mount(path, path, "", unix.MS_BIND, "")
	return func() { _ = unix.Unmount(path, unix.MNT_DETACH) }, err
}
