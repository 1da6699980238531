package cli_test

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"converge/internal/stow/stowtest"
)

// TestTogether: concurrent processes, on one target or on two of one store, end as if they had run one after the other:
// the tree is that of one of the orders, and nothing stays staged or in progress.
func TestTogether(t *testing.T) {
	rounds := 40
	if testing.Short() {
		rounds = 5
	}
	useBreakable(t)
	for _, c := range []struct {
		name, before string
		commands     []string // "@DIR" in front chooses another target
	}{
		{"two unfold", "$ u1", []string{"u2", "p"}},
		{"one unfolds and one refolds", "$ u1 u2", []string{"-D u2", "p"}},
		{"three of one directory", "", []string{"u1", "p", "q"}},
		{"all go", "$ u1 p q", []string{"-D u1", "-D p", "-D q"}},
		{"a switch and a stow", "$ foo/1.0", []string{"foo/2.0", "bar/1"}},
		{"a switch and a naive stow", "$ foo/1.0", []string{"foo/2.0", "p"}},
		{"a switch there and back", "$ foo/1.0 bar/1", []string{"foo/2.0", "foo/1.0", "-D bar"}},
		{"restows", "$ p q", []string{"-R p", "-R --no-folding q", "-R p"}},
		{"two targets", "d view", []string{"@view foo/1.0", "foo/2.0"}},
		{"two views", "d view\nd other", []string{"@view foo/1.0 p", "@other foo/2.0 p"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := killed{before: c.before, versioned: true}
			dir := scratch(t)
			built, root := dir+"/built", dir+"/root"
			k.build(t, root)
			if err := os.Rename(root, built); err != nil {
				t.Fatal(err)
			}
			fresh := func() {
				if err := os.RemoveAll(root); err != nil {
					t.Fatal(err)
				}
				if err := os.CopyFS(root, os.DirFS(built)); err != nil {
					t.Fatal(err)
				}
			}
			var ends []map[string]string
			orders(c.commands, func(order []string) {
				fresh()
				for _, words := range order {
					if out, err := commandIn(k, root, words).CombinedOutput(); err != nil {
						t.Fatalf("%q of %q: %v\n%s", words, order, err, out)
					}
				}
				ends = append(ends, stowtest.Tree(t, root))
			})
			for range rounds {
				fresh()
				race(t, k, root, c.commands)
				if now := stowtest.Tree(t, root); !oneOf(now, ends) {
					t.Fatalf("ends as no order does; next to the first:\n%s", strings.Join(stowtest.Differences(now, ends[0]), "\n"))
				}
			}
		})
	}
}

func oneOf(now map[string]string, ends []map[string]string) bool {
	for _, end := range ends {
		if len(stowtest.Differences(now, end)) == 0 {
			return true
		}
	}
	return false
}

// orders calls do with every order of list.
func orders(list []string, do func([]string)) {
	var next func(done, left []string)
	next = func(done, left []string) {
		if len(left) == 0 {
			do(done)
		}
		for i := range left {
			rest := append(append([]string{}, left[:i]...), left[i+1:]...)
			next(append(append([]string{}, done...), left[i]), rest)
		}
	}
	next(nil, list)
}

func commandIn(k killed, root, words string) *exec.Cmd {
	if at, rest, ok := strings.Cut(words, " "); ok && strings.HasPrefix(at, "@") {
		k.target, words = at[1:], rest
	}
	argv := k.argv(words)(root)
	cmd := exec.Command(argv[0], argv[1:]...) //nolint:gosec // this program
	cmd.Env = append(os.Environ(), environment(root)...)
	return cmd
}

// race runs commands concurrently.
func race(t *testing.T, k killed, root string, commands []string) {
	t.Helper()
	var wait sync.WaitGroup
	for _, words := range commands {
		cmd := commandIn(k, root, words)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		wait.Go(func() {
			if err := cmd.Wait(); err != nil {
				t.Errorf("%q: %v\n%s", words, err, out.String())
			}
		})
	}
	wait.Wait()
}

// TestWaitingIsSaid: a waiting process reports with -v which process it waits for.
func TestWaitingIsSaid(t *testing.T) {
	f := newFarm(t, packages)
	held, err := os.Open(f.root + "/usr")
	if err != nil {
		t.Fatal(err)
	}
	if err := flock(held); err != nil {
		t.Fatal(err)
	}
	cmd := commandIn(killed{}, f.root, "-v p")
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 200)
	n, err := said.Read(line)
	if err != nil || !strings.Contains(string(line[:n]), "waiting for another stow2 (process ") {
		t.Errorf("%q, %v", line[:n], err)
	}
	if _, err := os.Lstat(f.root + "/usr/bin"); err == nil {
		t.Error("it does not wait")
	}
	held.Close() // and so releases the lock
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

func flock(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_EX) }
