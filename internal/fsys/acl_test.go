package fsys_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/internal/testhost"
)

// accessList returns the bytes of an access list: owner, group, mask, others, and one named user; mask < 0: none.
func accessList(owner, user, group, mask, other int) []byte {
	b := binary.LittleEndian.AppendUint32(nil, 2)
	add := func(tag, perm int, id uint32) {
		b = binary.LittleEndian.AppendUint16(b, uint16(tag))
		b = binary.LittleEndian.AppendUint16(b, uint16(perm))
		b = binary.LittleEndian.AppendUint32(b, id)
	}
	const none = 0xffffffff
	add(0x01, owner, none)
	if mask >= 0 {
		add(0x02, user, 1234)
	}
	add(0x04, group, none)
	if mask >= 0 {
		add(0x10, mask, none)
	}
	add(0x20, other, none)
	return b
}

// listOf shows the access list of a file: "1234:6 mask:0", "" if it has none.
func listOf(t *testing.T, path string) string {
	t.Helper()
	b := make([]byte, 1024)
	n, err := unix.Getxattr(path, "system.posix_acl_access", b)
	if errors.Is(err, unix.ENODATA) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for at := 4; at < n; at += 8 {
		perm := binary.LittleEndian.Uint16(b[at+2:])
		switch binary.LittleEndian.Uint16(b[at:]) {
		case 0x02:
			out = append(out, fmt.Sprintf("%d:%d", binary.LittleEndian.Uint32(b[at+4:]), perm))
		case 0x10:
			out = append(out, fmt.Sprintf("mask:%d", perm))
		}
	}
	return strings.Join(out, " ")
}

func TestAccessLists(t *testing.T) {
	for _, c := range []struct {
		name string
		live []byte // access list of the replaced file; nil: none
		dir  []byte // default list of its directory
		mode uint32
		want string // access list
	}{
		{"kept, with no more than the mode allows", accessList(6, 6, 4, 6, 0), nil, 0o600, "1234:6 mask:0"},
		{"kept, with what the mode allows", accessList(6, 6, 4, 6, 0), nil, 0o640, "1234:6 mask:4"},
		{"kept as it was", accessList(6, 6, 4, 6, 4), nil, 0o664, "1234:6 mask:6"},
		{"of the owner and others only", accessList(6, 0, 4, -1, 4), nil, 0o600, ""},
		{"of a new file, from its directory", nil, accessList(7, 7, 5, 7, 5), 0o600, "1234:7 mask:0"},
		{"of a new file that others may read", nil, accessList(7, 7, 5, 7, 5), 0o644, "1234:7 mask:4"},
		{"not from the directory, if the file had none", []byte{}, accessList(7, 7, 5, 7, 5), 0o640, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			path := filepath.Join(root, "f")
			live := fsys.Info{}
			if c.live != nil {
				build(t, root, "f f old")
				set(t, path, "system.posix_acl_access", c.live)
			}
			set(t, root, "system.posix_acl_default", c.dir)
			f := open(t, root)
			txn := f.Begin("test")
			if c.live != nil {
				var err error
				if live, err = txn.Look("/f"); err != nil {
					t.Fatal(err)
				}
			}
			perm := fsys.Perm{Mode: c.mode, UID: uint32(os.Geteuid()), GID: uint32(os.Getegid())}
			step := txn.File("/f", live, fsys.File{Perm: perm, Bytes: []byte("new")})
			if err := txn.Commit(t.Context()); err != nil || step.Err() != nil {
				t.Fatal(err, step.Err())
			}
			if got := listOf(t, path); got != c.want {
				t.Errorf("access list %q, want %q", got, c.want)
			}
			if info, _ := os.Stat(path); uint32(info.Mode().Perm()) != c.mode {
				t.Errorf("mode %04o, want %04o", info.Mode().Perm(), c.mode)
			}
		})
	}
}

func set(t *testing.T, path, name string, v []byte) {
	t.Helper()
	if len(v) == 0 {
		return
	}
	if err := unix.Setxattr(path, name, v, 0); errors.Is(err, syscall.ENOTSUP) {
		testhost.Cannot(t, "needs access lists")
	} else if err != nil {
		t.Fatal(err)
	}
}

// TestChangeOfOwnerKeepsWhatWasGranted: capabilities, setuid and setgid belong to the content, which is unchanged.
func TestChangeOfOwnerKeepsWhatWasGranted(t *testing.T) {
	if os.Geteuid() != 0 {
		testhost.Cannot(t, "needs root: it gives files to other users")
	}
	root := t.TempDir()
	build(t, root, "f caps x", "f suid x")
	os.Chmod(root+"/caps", 0o755)
	syscall.Chmod(root+"/suid", 0o6755)
	// VFS_CAP_REVISION_2 with the effective bit, and CAP_NET_RAW.
	caps := []byte{1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	set(t, root+"/caps", "security.capability", caps)
	f := open(t, root)
	for path, mode := range map[string]uint32{"/caps": 0o755, "/suid": 0o6755} {
		txn := f.Begin("test")
		info, err := txn.Look(path)
		if err != nil {
			t.Fatal(err)
		}
		step := txn.Chperm(path, info, fsys.Perm{Mode: info.Mode, UID: 1, GID: 2})
		if err := errors.Join(txn.Commit(t.Context()), step.Err()); err != nil {
			t.Fatal(err)
		}
		var st syscall.Stat_t
		if err := syscall.Stat(root+path, &st); err != nil || st.Uid != 1 || st.Gid != 2 || st.Mode&0o7777 != mode {
			t.Errorf("%s: %d:%d %04o, %v", path, st.Uid, st.Gid, st.Mode&0o7777, err)
		}
	}
	got := make([]byte, 64)
	n, err := unix.Getxattr(root+"/caps", "security.capability", got)
	if err != nil || string(got[:n]) != string(caps) {
		t.Errorf("capabilities are %x, %v; want %x", got[:max(n, 0)], err, caps)
	}
}

// TestHolesStayHoles: content from a reader takes no more space than necessary.
func TestHolesStayHoles(t *testing.T) {
	root := t.TempDir()
	f := open(t, root)
	const size = 8 << 20
	content := make([]byte, size)
	copy(content[size/2:], "something")
	txn := f.Begin("test")
	perm := fsys.Perm{Mode: 0o600, UID: uint32(os.Geteuid()), GID: uint32(os.Getegid())}
	step := txn.File("/f", fsys.Info{}, fsys.File{Perm: perm, From: strings.NewReader(string(content))})
	if err := errors.Join(txn.Commit(t.Context()), step.Err()); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(root + "/f")
	if err != nil || string(got) != string(content) {
		t.Errorf("another content of %d bytes, %v", len(got), err)
	}
	var st syscall.Stat_t
	if err := syscall.Stat(root+"/f", &st); err != nil || st.Blocks*512 > size/4 {
		t.Errorf("it takes %d bytes of %d, %v", st.Blocks*512, size, err)
	}
}
