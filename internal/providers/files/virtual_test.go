package files_test

import (
	"os"
	"testing"

	"converge/internal/fsys"
	"converge/internal/providers/files"
	"converge/internal/resource/resourcetest"
	"converge/internal/userdb"
	"converge/resources"
)

// TestVirtualMode: the mode of an interface of the kernel's is changed, although
// there is nothing to sync.
func TestVirtualMode(t *testing.T) {
	needRoot(t)
	f, err := fsys.Open("/")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p := files.New(files.Options{FS: f, Accounts: userdb.New("/"), RunID: "test"})
	const version = "/proc/version" // its mode is the whole machine's
	r, err := resourcetest.Build(resources.File(p), &resourcetest.World{Provider: p}, "x", attrs("path", version, "mode", "0440"))
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(version)
	if err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(version, before.Mode()) //nolint:errcheck // it is left readable to root as it is
	if err := p.Apply(t.Context(), resourcetest.Plan(t, r)); err != nil {
		t.Error(err)
	}
	if now, err := os.Stat(version); err != nil || now.Mode().Perm() != 0o440 {
		t.Errorf("%v, %v", now.Mode(), err)
	}
}
