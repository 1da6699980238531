package userdb

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"converge/internal/resource/resourcetest"
)

func TestIDs(t *testing.T) {
	root := tree(t, map[string]string{
		"usr/passwd": "www:x:33:33::/:/bin/false\nalias:x:33:33::/:/bin/false\n", "etc/group": "www:x:34:\n",
	})
	// Relative to the root of the tree, regardless of that path on the machine.
	if err := os.Symlink("/usr/passwd", filepath.Join(root, "etc/passwd")); err != nil {
		t.Fatal(err)
	}
	db, ctx := New(root), t.Context()
	for _, c := range []struct {
		name     string
		uid, gid uint32
	}{{"www", 33, 34}, {"4000000000", 4000000000, 4000000000}} {
		uid, err := db.UID(ctx, c.name)
		gid, err2 := db.GID(ctx, c.name)
		if uid != c.uid || gid != c.gid || err != nil || err2 != nil {
			t.Errorf("%s: %d, %d, %v, %v", c.name, uid, gid, err, err2)
		}
	}
	if u, g := db.UserName(33), db.GroupName(99); u != "www" || g != "99" {
		t.Error(u, g)
	}
	_, err := db.UID(ctx, "new")
	_, err2 := db.GID(ctx, "4294967295") // reserved for "none"
	if !errors.Is(err, ErrUnknown) || err.Error() != `no user "new"` || !errors.Is(err2, ErrUnknown) {
		t.Errorf("unknown names: %v, %v", err, err2)
	}
	// A user that is made during the run is found without a notice.
	if err := os.WriteFile(root+"/usr/passwd", []byte("www:x:33:33::/:/bin/false\nnew:x:44:44::/:/bin/false\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	uid, err := db.UID(ctx, "new")
	for err != nil && ctx.Err() == nil {
		uid, err = db.UID(ctx, "new")
	}
	if uid != 44 {
		t.Error(uid, err)
	}
}

// Thousands of files with few owners do not cause a check of the account files each.
func BenchmarkUID(b *testing.B) {
	db := New("/")
	for b.Loop() {
		if _, err := db.UID(b.Context(), "root"); err != nil {
			b.Fatal(err)
		}
	}
}

// A number that no account can have is no other account's: getent cuts it down to 32 bits.
func TestNumbersOutOfRange(t *testing.T) {
	bin := t.TempDir()
	resourcetest.WriteProgram(t, filepath.Join(bin, "getent"), "#!/bin/sh\necho root:x:0:0::/:\n")
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	db := New("/")
	db.nss.conf, db.nss.said = hostConf(t), map[string][]byte{}
	for _, name := range []string{"4294967295", "4294967296", "18446744073709551616", "-1", "+0", " 0"} {
		if n, err := db.UID(t.Context(), name); !errors.Is(err, ErrUnknown) {
			t.Errorf("UID(%q) = %d, %v", name, n, err)
		}
		if g, err := db.Group(t.Context(), name); !errors.Is(err, ErrUnknown) {
			t.Errorf("Group(%q) = %+v, %v", name, g, err)
		}
	}
}
