package mounts

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"converge/internal/edit"
	"converge/internal/fsys"
	"converge/internal/process"
	"converge/internal/resource"
	"converge/resources"
)

// kernel is a root with a fstab and a table of mounts that its own mount and umount
// change, as the real ones do.
type kernel struct {
	t       testing.TB
	root    string
	ran     []string                 // the command lines
	reloads int                      // of the init system
	limits  map[string]time.Duration // of the programs
	failed  func()                   // is called when one fails
	fail    map[string]string        // what a command line prints that fails; the key is its end
}

const firstMounts = "1 0 254:0 / / rw,relatime - ext4 /dev/vda rw,discard\n2 1 0:20 / /proc rw,relatime - proc proc rw\n"

func newKernel(t testing.TB, fstab string, mounts ...string) *kernel {
	k := &kernel{t: t, root: t.TempDir(), fail: map[string]string{}, limits: map[string]time.Duration{}}
	for _, dir := range []string{"etc", "proc/self", "srv/data", "srv/from/sub", "srv/my docs", "dev/shm", "tmp"} {
		if err := os.MkdirAll(filepath.Join(k.root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	k.write("/dev/sdb1", "")
	k.write("/etc/fstab", fstab)
	k.write("/proc/self/mountinfo", firstMounts+strings.Join(mounts, ""))
	return k
}

func (k *kernel) write(path, content string) {
	k.t.Helper()
	if err := os.WriteFile(k.root+path, []byte(content), 0o644); err != nil {
		k.t.Fatal(err)
	}
}

func (k *kernel) read(path string) string {
	k.t.Helper()
	b, err := os.ReadFile(k.root + path)
	if err != nil {
		k.t.Fatal(err)
	}
	return string(b)
}

func (k *kernel) fs() *fsys.FS {
	f, err := fsys.Open(k.root)
	if err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() { f.Close() })
	return f
}

func (k *kernel) provider() *Provider {
	return New(Options{FS: k.fs(), Live: true, Run: k.run, MayMount: func() bool { return true }, Reload: func(context.Context) error { k.reloads++; return nil }})
}

// run is mount, umount, findfs and findmnt.
func (k *kernel) run(_ context.Context, c process.Command) (process.Result, error) {
	line := strings.Join(c.Argv, " ")
	k.ran, k.limits[c.Argv[0]] = append(k.ran, line), c.Timeout
	for end, says := range k.fail {
		if strings.HasSuffix(line, end) {
			if k.failed != nil {
				k.failed()
			}
			return process.Result{Status: 32, Stdout: says}, nil
		}
	}
	var says string
	switch c.Argv[0] {
	case "mount":
		says = k.mount(c.Argv[1:])
	case "findfs":
		if strings.HasSuffix(c.Argv[1], "=found") {
			break
		}
		return process.Result{Status: 1, Stdout: "findfs: unable to resolve '" + c.Argv[1] + "'\n"}, nil
	case "umount":
		says = k.umount(c.Argv[len(c.Argv)-1])
	case "fallocate", "mkswap":
		says = k.format(c.Argv)
	case "swapon", "swapoff":
		says = k.swap(c.Argv)
	}
	if says != "" {
		return process.Result{Status: 32, Stdout: says}, nil
	}
	return process.Result{}, nil
}

func (k *kernel) mount(argv []string) (says string) {
	if strings.HasPrefix(argv[0], "--make-") {
		return ""
	}
	typ, options := "", []string{}
	for len(argv) > 0 && argv[0] != "--" {
		switch argv[0] {
		case "-t":
			typ = argv[1]
		case "-o":
			options = edit.SplitOptions(argv[1])
		}
		argv = argv[2:]
	}
	argv = argv[1:]
	point := argv[len(argv)-1]
	t := k.table()
	if slices.Contains(options, "remount") {
		m := t.mounted(point)
		if m == nil {
			return "mount: " + point + ": mount point not mounted."
		}
		lines := strings.Split(strings.TrimSuffix(k.read("/proc/self/mountinfo"), "\n"), "\n")
		for i, l := range lines {
			if strings.HasPrefix(l, fmt.Sprintf("%d ", m.ID)) {
				if slices.Contains(options, "ignored=1") { // stands for a kernel that ignores what a remount gives
					options = slices.DeleteFunc(options, func(o string) bool { return strings.Contains(o, "=") })
				}
				head, super := shown(m.FSType, options)
				super = merged(m.VFSOptions, super)
				lines[i] = entry(m.ID, m.Parent, fmt.Sprintf("%d:%d", m.Major, m.Minor), m.Root, point, head, m.FSType, m.Source, super)
			}
		}
		k.write("/proc/self/mountinfo", strings.Join(lines, "\n")+"\n")
		return ""
	}
	if slices.Contains(options, "bg") {
		return ""
	}
	parent := t.containing(point)
	id := 100 + len(t.at) + len(k.ran)
	head, super := shown(typ, options)
	dev, root, source := fmt.Sprintf("0:%d", id), "/", argv[0]
	if slices.Contains(options, "bind") {
		from := t.containing(argv[0])
		dev, typ, source, super = fmt.Sprintf("%d:%d", from.Major, from.Minor), from.FSType, from.Source, from.VFSOptions
		root = filepath.Join(from.Root, strings.TrimPrefix(argv[0], from.Mountpoint))
	}
	k.write("/proc/self/mountinfo", k.read("/proc/self/mountinfo")+entry(id, parent.ID, dev, root, point, head, typ, source, super)+"\n")
	return ""
}

// merged are the options of a file system after it was remounted with some.
func merged(before, more string) string {
	out := strings.Split(before, ",")
	for _, o := range strings.Split(more, ",") {
		name, _, _ := strings.Cut(o, "=")
		i := slices.IndexFunc(out, func(b string) bool {
			return b == o || strings.HasPrefix(b, name+"=") || b == "ro" && o == "rw" || b == "rw" && o == "ro"
		})
		if i >= 0 {
			out[i] = o
		} else {
			out = append(out, o)
		}
	}
	return strings.Join(out, ",")
}

// shown are options as the kernel shows them: tmpfs its size in KiB.
func shown(typ string, options []string) (flags, super string) {
	out, fs := []string{"rw"}, []string{"rw"}
	if slices.Contains(options, "ro") {
		out[0] = "ro"
	}
	for _, o := range options {
		switch {
		case o == "ro" || o == "rw" || o == "remount" || o == "bind" || o == "defaults" || strings.HasPrefix(o, "x-"):
		case resources.IsMountFlag(o):
			if strings.HasPrefix(o, "no") {
				out = append(out, o)
			}
		case o == "size=50%" || strings.HasPrefix(o, "nr_blocks="):
			fs = append(fs, "size=8165452k")
		case o == "weird=1":
			fs = append(fs, "odd")
		default:
			fs = append(fs, o)
		}
	}
	return strings.Join(append(out, "relatime"), ","), strings.Join(fs, ",")
}

func entry(id, parent int, dev, root, point, flags, typ, source, super string) string {
	return fmt.Sprintf("%d %d %s %s %s %s - %s %s %s", id, parent, dev, edit.EscapeFstab(root), edit.EscapeFstab(point), flags, typ, edit.EscapeFstab(source), super)
}

func (k *kernel) umount(point string) (says string) {
	m := k.table().mounted(point)
	if m == nil {
		return "umount: " + point + ": not mounted."
	}
	var left []string
	for l := range strings.Lines(k.read("/proc/self/mountinfo")) {
		if !strings.HasPrefix(l, fmt.Sprintf("%d ", m.ID)) {
			left = append(left, l)
		}
	}
	k.write("/proc/self/mountinfo", strings.Join(left, ""))
	return ""
}

func (k *kernel) table() *table {
	t, err := parseTable([]byte(k.read("/proc/self/mountinfo")))
	if err != nil {
		k.t.Fatal(err)
	}
	return t
}

var _ resource.Provider = (*Provider)(nil)
