package files_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"converge/internal/providers/files"
	"converge/internal/resource/resourcetest"
	"converge/internal/testhost"
	"converge/resources"
)

// TestNobodyReadsASecretOnTheWay replaces a file that bob may read, by its
// access list or the default one of its folder, by a secret with mode 0600,
// while bob reads all that there is. At no moment may that be the secret.
func TestNobodyReadsASecretOnTheWay(t *testing.T) {
	needRoot(t)
	for name, setup := range map[string]string{
		"an access list":                  "echo old >key; chmod 0640 key; setfacl -m u:1001:rw key",
		"a default list":                  "rm -f key; setfacl -d -m u:1001:rwx .",
		"both":                            "echo old >key; chmod 0664 key; setfacl -m u:1001:rw key; setfacl -d -m u:1001:rwx .",
		"a mode":                          "echo old >key; chmod 0644 key",
		"a group":                         "echo old >key; chgrp 1002 key; chmod 0660 key",
		"the owner, who is to be another": "echo old >key; chown 1001 key; chmod 0600 key",
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t, files.Options{Keep: &kept{}})
			dir := m.root + "/d"
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			said := asBob(t, dir, "read")
			for i := range rounds() {
				cmd := exec.CommandContext(t.Context(), "sh", "-ec", setup)
				cmd.Dir = dir
				if out, err := cmd.CombinedOutput(); err != nil {
					testhost.Cannot(t, "needs access lists: "+string(out))
				}
				r, err := resourcetest.Build(resources.File(m.p), m.world(), "x",
					attrs("path", "/d/key", "content", "TOPSECRET "+strconv.Itoa(i), "sensitive", true, "mode", "0600", "owner", "0", "group", "0"))
				if err != nil {
					t.Fatal(err)
				}
				m.p.Invalidate(nil)
				if err := m.p.Apply(t.Context(), resourcetest.Plan(t, r)); err != nil {
					t.Fatal(err)
				}
				if p := resourcetest.Plan(t, r); !p.Empty() {
					t.Fatalf("applied, and yet there is something to do: %s", resourcetest.Names(p))
				}
			}
			fds := []unix.PollFd{{Fd: int32(said.Fd()), Events: unix.POLLIN}}
			if n, err := unix.Poll(fds, 0); err != nil || n > 0 {
				t.Errorf("bob has read the secret, %v", err)
			}
		})
	}
}

// readSecrets reads all files that it may until it is killed, and says so when
// it has read a secret.
func readSecrets() error {
	dir := os.NewFile(rootFD, "d")
	buf := make([]byte, 64)
	for {
		if _, err := dir.Seek(0, 0); err != nil {
			return err
		}
		names, err := dir.Readdirnames(-1)
		if err != nil && !errors.Is(err, unix.ENOENT) {
			return err
		}
		for _, name := range names {
			if readSecret(name, buf) {
				_, err := unix.Write(toldFD, []byte("S"))
				return err
			}
		}
	}
}

// readSecret reports whether a file holds a secret while it can be read: what
// could be opened once may be written to later.
func readSecret(name string, buf []byte) bool {
	fd, err := unix.Openat(rootFD, name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	for range 20 {
		if n, err := unix.Pread(fd, buf, 0); err == nil && bytes.Contains(buf[:n], []byte("TOPSECRET")) {
			return true
		}
	}
	return false
}
