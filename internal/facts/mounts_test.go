package facts

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMounts(t *testing.T) {
	t.Parallel()
	got, err := parseMounts([]byte("26 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard\n" +
		"24 26 0:22 / /dev/shm rw - tmpfs first rw\n29 24 0:26 / /dev/shm rw,nosuid - tmpfs second ro,size=4k\n" +
		"30 26 0:27 / /srv/my\\040docs ro - nfs4 nas:/x rw\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Mount{
		"/":            {"/dev/vda", "ext4", []string{"rw", "relatime", "discard"}},
		"/dev/shm":     {"second", "tmpfs", []string{"ro", "nosuid", "size=4k"}},
		"/srv/my docs": {"nas:/x", "nfs4", []string{"ro"}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	node, err := Lazy(t.Context(), NodeOptions{Root: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := node.OnUse["mounts"](); err != nil || v.LengthInt() != 0 {
		t.Errorf("in a tree: %#v, %v", v, err)
	}
}
