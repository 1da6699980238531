package execute_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/internal/stow/execute"
	"converge/internal/stow/farm"
	"converge/internal/testhost"
)

// perDir and perParent are the shape of the trees: files per directory, directories per parent.
const (
	perDir    = 25
	perParent = 20
)

// links are n links, 25 per directory, with the operations that make, switch and remove them.
type links struct{ add, change, remove []farm.Op }

func manyLinks(n int) links {
	var l links
	var dirs []string
	seen := map[string]bool{}
	mkdir := func(path string) {
		if !seen[path] {
			seen[path] = true
			dirs = append(dirs, path)
			l.add = append(l.add, farm.Op{Kind: farm.Mkdir, Path: path})
		}
	}
	for i := range n {
		d := i / perDir
		parent := fmt.Sprintf("p%04d", d/perParent)
		sub := fmt.Sprintf("%s/d%02d", parent, d%perParent)
		mkdir(parent)
		mkdir(sub)
		path := fmt.Sprintf("%s/f%02d", sub, i%perDir)
		text := "../../../stow/package-1.0/" + path
		next := "../../../stow/package-1.1/" + path
		l.add = append(l.add, farm.Op{Kind: farm.Link, Path: path, Text: text})
		l.change = append(l.change, farm.Op{Kind: farm.Unlink, Path: path, Text: text}, farm.Op{Kind: farm.Link, Path: path, Text: next})
		l.remove = append(l.remove, farm.Op{Kind: farm.Unlink, Path: path, Text: next})
	}
	for i := len(dirs) - 1; i >= 0; i-- {
		l.remove = append(l.remove, farm.Op{Kind: farm.Rmdir, Path: dirs[i]})
	}
	return l
}

// memory returns a directory on a file system in memory, so that the disk's time is not measured.
func memory(b testing.TB) string {
	dir, err := os.MkdirTemp("/dev/shm", "converge-bench-")
	if err != nil {
		dir = b.TempDir()
	}
	b.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// least does the least that making those links requires: making and opening directories, and symlinkat.
func least(b testing.TB, root string, ops []farm.Op) {
	at := unix.AT_FDCWD
	was := ""
	for _, op := range ops {
		switch op.Kind {
		case farm.Mkdir:
			if err := unix.Mkdir(filepath.Join(root, op.Path), 0o777); err != nil {
				b.Fatal(err)
			}
		case farm.Link:
			i := strings.LastIndexByte(op.Path, '/')
			if op.Path[:i] != was {
				if at >= 0 {
					unix.Close(at)
				}
				was = op.Path[:i]
				at, _ = unix.Open(root+"/"+was, unix.O_PATH|unix.O_DIRECTORY, 0)
			}
			if err := unix.Symlinkat(op.Text, at, op.Path[i+1:]); err != nil {
				b.Fatal(err)
			}
		}
	}
	unix.Close(at)
}

// BenchmarkRun makes, switches and removes links. The ratio is to the least program that makes them, in the same run.
func BenchmarkRun(b *testing.B) {
	for _, n := range []int{1000, 10000, 50000} {
		l := manyLinks(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var add, change, remove, bound, unbound time.Duration
			run := func(d *fsys.Dir, ops []farm.Op) time.Duration {
				start := cpu()
				if err := execute.Run(context.Background(), d, ops, execute.Options{}); err != nil {
					b.Fatal(err)
				}
				return cpu() - start
			}
			for b.Loop() {
				root := memory(b)
				d := openTarget(b, root)
				add += run(d, l.add)
				change += run(d, l.change)
				remove += run(d, l.remove)
				start := cpu()
				least(b, root, l.add)
				bound += cpu() - start
				start = cpu()
				os.RemoveAll(root) // as little, plus a getdents64 for each directory
				unbound += cpu() - start
			}
			ops := float64(b.N * n)
			b.ReportMetric(float64(bound)/ops, "least-ns/link")
			b.ReportMetric(float64(add)/ops, "add-ns/link")
			b.ReportMetric(float64(change)/ops, "switch-ns/link")
			b.ReportMetric(float64(remove)/ops, "remove-ns/link")
			b.ReportMetric(float64(add)/float64(bound), "add/least")
			b.ReportMetric(float64(remove)/float64(unbound), "remove/least")
		})
	}
}

// TestSystemCalls counts the system calls for each link.
func TestSystemCalls(t *testing.T) {
	if os.Getenv(countEnv) != "" {
		l := manyLinks(countedLinks)
		d := openTarget(t, os.Getenv(countEnv))
		ops := map[string][]farm.Op{"add": l.add, "change": l.change, "remove": l.remove}[os.Getenv(sceneEnv)]
		if err := execute.Run(t.Context(), d, ops, execute.Options{}); err != nil {
			t.Fatal(err)
		}
		return
	}
	needTime(t)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	for _, c := range []struct {
		what string
		most float64 // calls per link
	}{{"add", 1.15}, {"change", 3.2}, {"remove", 2.4}} {
		log := filepath.Join(t.TempDir(), "trace")
		cmd := exec.Command("strace", "-f", "--seccomp-bpf", "-qq", "-o", log, "-e", "trace=file,desc", exe, "-test.run=^TestSystemCalls$")
		cmd.Env = append(os.Environ(), countEnv+"="+root, sceneEnv+"="+c.what)
		if out, err := cmd.CombinedOutput(); err != nil {
			testhost.Cannot(t, fmt.Sprintf("needs strace: %v\n%s", err, out))
		}
		trace, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		// The calls of a Go program and its tests themselves are excluded.
		own := 0
		for line := range strings.Lines(string(trace)) {
			for _, ours := range []string{"at(", "openat2(", "renameat2(", "faccessat2(", "getdents64(", "close(", "flock("} {
				if strings.Contains(line, ours) {
					own++
					break
				}
			}
		}
		got := float64(own) / countedLinks
		t.Logf("%s: %.3f system calls a link", c.what, got)
		if got > c.most {
			t.Errorf("%s: %.3f system calls a link, at most %v", c.what, got, c.most)
		}
	}
}

const (
	countEnv     = "CONVERGE_TEST_EXECUTE_COUNT"
	countedLinks = 2000
)

// cpu returns the processor time of the process so far.
func cpu() time.Duration {
	var u unix.Rusage
	unix.Getrusage(unix.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
