package machine

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"converge/internal/fsys"
)

// Links that start services are staged in folders that no service's key names.
func TestFindLinkFolders(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{"etc/systemd/system/timers.target.wants", "etc/systemd/system/x.target.requires", "etc/systemd/system/x.service.d", "etc/rc2.d", "etc/rc.local.d", "etc/runlevels/default"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	tree, err := fsys.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	want := []string{"/etc/systemd/system/timers.target.wants", "/etc/systemd/system/x.target.requires", "/etc/rc2.d", "/etc/runlevels/default"}
	for _, dir := range []string{"/etc/systemd/system", "/etc/systemd/system/x.service.d"} {
		if got := findLinkFolders(tree, []string{"/srv", dir}); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", dir, got, want)
		}
	}
	if got := findLinkFolders(tree, []string{"/etc", "/srv"}); got != nil {
		t.Errorf("%q: no unit is there", got)
	}
}
