package access_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"converge/internal/fsys"
	"converge/internal/providers/access"
	"converge/internal/providers/edit"
	"converge/internal/resource/resourcetest"
	"converge/internal/userdb"
)

// Keys as ssh-keygen has made them.
const (
	keyOne = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAxMsEuBMpemtEfAa9s1hGzxCMj5XtJ5hrk431HdixBp"
	keyTwo = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIND9s0xmoFOijH+Ud+z1FRdQy45qLvZxRPAKS/PDvWlU"

	printOne = "SHA256:h+WlP1r1IZXTLXdgu0ppb4A/rOlNJ1VG039H7vhcJWw"
	printTwo = "SHA256:ulzKWFP7/G5pcdGmAnDdK+/6gjOV+xt86jTD7IGgejY"
)

// deploy is the number of a user of the hosts below: not ours, where root runs the tests.
func deploy() int {
	if os.Geteuid() == 0 {
		return 12345
	}
	return os.Geteuid()
}

// host is a root with two users. The one has keys, the other has not even a folder for
// them.
type host struct {
	root  string
	fs    *fsys.FS
	files *access.Files
	parts *edit.Provider
}

func newHost(t testing.TB) *host {
	t.Helper()
	h := &host{root: t.TempDir()}
	h.write(t, "/etc/passwd", fmt.Sprintf("root:x:0:0::/root:/bin/sh\ndeploy:x:%d:%d::/home/deploy:/bin/sh\nfresh:x:%[1]d:%[1]d::/home/fresh:/bin/sh\n", deploy(), deploy()))
	h.write(t, "/etc/group", fmt.Sprintf("root:x:0:\ndeploy:x:%d:\nsftp:x:77:deploy\n", deploy()))
	h.write(t, "/home/deploy/.ssh/authorized_keys", "# mine\n"+keyTwo+" two\n")
	h.write(t, "/home/fresh/x", "")
	h.write(t, "/etc/ssh/ssh_known_hosts", "other "+keyTwo+"\n")
	for _, user := range []string{"deploy", "fresh"} {
		h.give(t, "/home/"+user)
	}
	f, err := fsys.Open(h.root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	h.fs = f
	h.files = access.New(access.Options{FS: f, Users: userdb.New(h.root)})
	h.parts = edit.New(edit.Options{FS: f, RunID: "test", Access: h.files})
	return h
}

func (h *host) write(t testing.TB, path, content string) {
	t.Helper()
	at := h.root + path
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at, []byte(content), 0o640); err != nil {
		t.Fatal(err)
	}
}

// give makes the user deploy the owner of all below a path.
func (h *host) give(t testing.TB, path string) {
	t.Helper()
	err := filepath.WalkDir(h.root+path, func(at string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(at, deploy(), deploy())
	})
	if err != nil {
		t.Fatal(err)
	}
}

// dump is what the host is: with stat, which file and when.
func (h *host) dump(t testing.TB, stat bool) string {
	t.Helper()
	return resourcetest.DumpTree(t, h.root, stat)
}

func world(t testing.TB) *resourcetest.World {
	h := newHost(t)
	return &resourcetest.World{
		Provider: h.parts, Root: h.root,
		Fingerprint: func(t testing.TB) string { return h.dump(t, true) },
		Dump:        func(t testing.TB) string { return h.dump(t, false) },
	}
}

// swap changes some bytes of a file without the provider.
func swap(path, from, to string) func(testing.TB, *resourcetest.World) {
	return func(t testing.TB, w *resourcetest.World) {
		t.Helper()
		text, err := os.ReadFile(w.Root + path)
		if err != nil || !strings.Contains(string(text), from) {
			t.Fatalf("%s holds %q and not %q: %v", path, text, from, err)
		}
		if err := os.WriteFile(w.Root+path, []byte(strings.Replace(string(text), from, to, 1)), 0o640); err != nil {
			t.Fatal(err)
		}
		w.Provider.(*edit.Provider).Invalidate(nil)
	}
}
