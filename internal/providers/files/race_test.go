package files_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"converge/internal/process"
	"converge/internal/providers/files"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// bob is the attacker, with the number 1001 that no account of the host needs
// to have.
const bob = 1001

// race is something that root does again and again in a directory of bob's,
// while bob exchanges two names there.
type race struct {
	name string
	swap [2]string // names in bob's directory that are exchanged
	kind func(resource.Provider) *resource.Kind
	want func(round int) []any
}

// races all lie in /home/bob, but for those in /srv/shared and /pub, where bob
// may write too.
func races() []race {
	mode := func(i int) string { return []string{"0640", "0600"}[i%2] }
	at := func(path string, pairs ...any) func(int) []any {
		return func(i int) []any {
			want := append([]any{"path", path}, pairs...)
			for j, v := range want {
				if v == "MODE" {
					want[j] = mode(i)
				} else if v == "ROUND" {
					want[j] = "round " + strconv.Itoa(i)
				}
			}
			return want
		}
	}
	return []race{
		{"recurse", [2]string{"home/bob/d", "home/bob/l"}, resources.Directory, at("/home/bob", "owner", "1001", "mode", "MODE", "recurse", true)},
		{"recurse over files", [2]string{"home/bob/f", "home/bob/lf"}, resources.Directory, at("/home/bob", "owner", "1001", "mode", "MODE", "recurse", true)},
		{"purge", [2]string{"home/bob/tree/d", "home/bob/l"}, resources.Directory, at("/home/bob/tree", "purge", true)},
		{"purge of the directory itself", [2]string{"home/bob/d", "home/bob/l"}, resources.Directory, at("/home/bob/d", "purge", true)},
		{"removal of a tree", [2]string{"home/bob/d", "home/bob/l"}, resources.Directory, at("/home/bob/d", "purge", true, "ensure", "absent")},
		{"file below", [2]string{"home/bob/d", "home/bob/l"}, resources.File, at("/home/bob/d/shadow", "content", "ROUND", "owner", "1001", "backup", true)},
		{"owner and mode below", [2]string{"home/bob/d", "home/bob/l"}, resources.File, at("/home/bob/d/shadow", "owner", "1001", "mode", "MODE")},
		{"removal below", [2]string{"home/bob/d", "home/bob/l"}, resources.File, at("/home/bob/d/shadow", "ensure", "absent")},
		{"link below", [2]string{"home/bob/d", "home/bob/l"}, resources.Link, at("/home/bob/d/new", "target", "ROUND")},
		{"directories below", [2]string{"home/bob/d", "home/bob/l"}, resources.Directory, at("/home/bob/d/new/deep", "parents", true, "mode", "MODE")},
		{"owner of a directory", [2]string{"home/bob/d", "home/bob/l"}, resources.Directory, at("/home/bob/d", "owner", "1001", "mode", "MODE")},
		{"a link that is followed", [2]string{"home/bob/f", "home/bob/lf"}, resources.File, at("/home/bob/f", "owner", "1001", "mode", "MODE", "follow", true, "content", "ROUND")},
		{"an edit that is kept", [2]string{"home/bob/d", "home/bob/l"}, resources.File, at("/home/bob/d/shadow", "content", "ROUND", "on_edit", "keep")},
		{"file for all", [2]string{"pub/f", "pub/lf"}, resources.File, at("/pub/f", "content", "ROUND", "owner", "1001", "mode", "MODE", "backup", true)},
		{"recurse for all", [2]string{"pub/d", "pub/l"}, resources.Directory, at("/pub/d", "owner", "1001", "mode", "MODE", "recurse", true)},
		{"hard link of a group", [2]string{"srv/shared/f", "srv/shared/h"}, resources.File, at("/srv/shared/f", "owner", "1001", "mode", "MODE")},
		{"recurse over hard links of a group", [2]string{"srv/shared/f", "srv/shared/h"}, resources.Directory, at("/srv/shared", "owner", "1001", "mode", "MODE", "recurse", true)},
		{"hard link at home", [2]string{"home/al/f", "home/al/h"}, resources.File, at("/home/al/f", "owner", "1001", "mode", "MODE")},
	}
}

// battlefield makes what is fought over. /victim is root's, and nothing in it
// may ever be changed, read or removed.
func battlefield(t testing.TB, root string) {
	t.Helper()
	script := `
mkdir -p victim home/bob/tree pub srv/shared
echo 'the secret of root' >victim/shadow; chmod 0600 victim/shadow; mkdir victim/sub; echo x >victim/sub/f
chmod 1777 pub; chgrp 1002 srv/shared; chmod 2775 srv/shared
for at in home/bob pub; do
	mkdir -p $at/d/sub; echo mine >$at/d/shadow; echo mine >$at/d/sub/f; echo mine >$at/f
	ln -s /victim $at/l; ln -s /victim/shadow $at/lf
done
echo mine >srv/shared/f; ln victim/shadow srv/shared/h; mkdir home/al; echo mine >home/al/f; ln victim/shadow home/al/h; chown 1001 home/al home/al/f
chown -h 1001 home/bob home/bob/tree home/bob/d home/bob/d/* home/bob/d/sub/f home/bob/f home/bob/l home/bob/lf
chown -h 1001 pub/d pub/d/* pub/d/sub/f pub/f pub/l pub/lf srv/shared/f
`
	cmd := exec.CommandContext(t.Context(), "sh", "-ec", script)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// rounds is how often each race is run: CONVERGE_TEST_ROUNDS, or few.
func rounds() int {
	if n, err := strconv.Atoi(os.Getenv("CONVERGE_TEST_ROUNDS")); err == nil {
		return n
	}
	return 60
}

// TestRaces has root change files in directories of another user, who
// exchanges names there all the while. Nothing of root's may change.
func TestRaces(t *testing.T) {
	needRoot(t)
	for _, r := range races() {
		t.Run(strings.ReplaceAll(r.name, " ", "_"), func(t *testing.T) {
			k := &kept{}
			m := newMachine(t, files.Options{Keep: k})
			battlefield(t, m.root)
			before := tree(t, m.root+"/victim", false)
			attack(t, m.root, r.swap)
			done := 0
			for i := range rounds() {
				if r.round(t, m, i) {
					done++
				}
				if now := tree(t, m.root+"/victim", false); now != before {
					t.Fatalf("round %d: root's files were changed:\n%s\nwant:\n%s", i, now, before)
				}
			}
			for _, c := range k.contents {
				if strings.Contains(c, "secret of root") {
					t.Error("root's file was kept as if it were bob's")
				}
			}
			t.Logf("%d rounds, %d of them changed something", rounds(), done)
		})
	}
}

// round plans and applies once, and reports whether that changed something. An
// error is as good: it is what the way leads to that counts.
func (r race) round(t *testing.T, m *machine, i int) bool {
	m.p.Invalidate(nil)
	res, err := resourcetest.Build(r.kind(m.p), m.world(), "x", attrs(r.want(i)...))
	if err != nil {
		t.Fatal(err)
	}
	have, err := m.p.Observe(t.Context(), res.Want)
	if err != nil {
		return false
	}
	c := resource.Diff(res, have)
	if b := resource.AsBlob(resource.GetAttr(have, "content")); b != nil {
		if content, ok := b.Bytes(); ok && bytes.Contains(content, []byte("secret of root")) && !strings.Contains(r.name, "hard link") {
			t.Fatal("root's file was read as if it were bob's")
		}
	}
	if c.Empty() {
		return false
	}
	if c, err = withPast(t, m, res, c); err != nil {
		return false
	}
	return m.p.Apply(t.Context(), c) == nil
}

func withPast(t *testing.T, m *machine, r *resource.Resource, c resource.Change) (resource.Change, error) {
	past, _, err := m.p.Record(t.Context(), c)
	if err != nil {
		return c, err
	}
	full := c.WithPast(r.Kind, past.Have)
	full.Have = c.Have
	return full, nil
}

// attack exchanges two names as bob until the test is over, and puts back what
// was taken away.
func attack(t *testing.T, root string, names [2]string) {
	t.Helper()
	asBob(t, root, "swap", names[0], names[1])
}

// asBob runs one of the roles of bob in a process of its own until the test that
// asks is over. What it writes to descriptor 4, after a first byte, comes out of
// said.
func asBob(t *testing.T, root string, role ...string) (said *os.File) {
	t.Helper()
	dir, err := os.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	said, told, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), bobEnv+"="+strings.Join(role, "\n"))
	cmd.Stderr = os.Stderr
	cmd.ExtraFiles = []*os.File{dir, told}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	told.Close()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		said.Close()
	})
	if _, err := said.Read(make([]byte, 1)); err != nil {
		t.Fatalf("the other user did not begin: %v", err)
	}
	return said
}

// bobEnv has this program play a role of bob instead of running tests.
const bobEnv = "CONVERGE_TEST_BOB"

// TestMain runs the tests, or, as bob, what another user does meanwhile.
func TestMain(m *testing.M) {
	process.RunHelper() // of checks
	role := strings.Split(os.Getenv(bobEnv), "\n")
	var play func() error
	switch {
	case role[0] == "swap":
		play = func() error { return swapNames(role[1], role[2]) }
	case role[0] == "read":
		play = readSecrets
	default:
		os.Exit(m.Run())
	}
	err := becomeBob()
	if err == nil {
		_, err = unix.Write(toldFD, []byte("x"))
	}
	if err == nil {
		err = play()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bob:", err)
		os.Exit(1)
	}
}

// becomeBob gives up all rights of root's.
func becomeBob() error {
	return errors.Join(syscall.Setgroups([]int{1002}), syscall.Setgid(bob), syscall.Setuid(bob))
}

// What asBob hands over.
const rootFD, toldFD = 3, 4

// swapNames exchanges two names until it is killed.
func swapNames(a, b string) error {
	unix.Umask(0)
	for i := 0; ; i++ {
		err := unix.Renameat2(rootFD, a, rootFD, b, unix.RENAME_EXCHANGE)
		if i%64 == 0 || err != nil {
			restock(rootFD, []string{a, b})
		}
	}
}

// restock makes anew what root has taken away. Whatever is there is left.
func restock(root int, names []string) {
	var st unix.Stat_t
	for _, n := range names {
		d := filepath.Base(n) == "d" || filepath.Base(n) == "l"
		if unix.Fstatat(root, n, &st, unix.AT_SYMLINK_NOFOLLOW) == nil {
			if d && st.Mode&unix.S_IFMT == unix.S_IFDIR {
				fill(root, n)
			}
			continue
		}
		if d && !slices.ContainsFunc(names, func(o string) bool {
			return unix.Fstatat(root, o, &st, unix.AT_SYMLINK_NOFOLLOW) == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR
		}) {
			_ = unix.Mkdirat(root, n, 0o755)
			fill(root, n)
			continue
		}
		if d {
			_ = unix.Symlinkat("/victim", root, n)
		}
	}
}

func fill(root int, dir string) {
	_ = unix.Mkdirat(root, dir+"/sub", 0o755)
	for _, name := range []string{"/shadow", "/sub/f"} {
		if fd, err := unix.Openat(root, dir+name, unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY|unix.O_NOFOLLOW, 0o644); err == nil {
			_ = unix.Close(fd)
		}
	}
}
