package mounts

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
	"converge/internal/process"
	"converge/internal/resource"
	"converge/resources"
)

// hooked returns a provider that calls do before a program runs; an error of do's is what the
// program prints that fails.
func (k *kernel) hooked(do func(argv []string) error) *Provider {
	k.write("/proc/swaps", noSwaps)
	k.write("/proc/meminfo", "MemAvailable: 1000 kB\n")
	p := k.swaps()
	p.Run = func(ctx context.Context, c process.Command) (process.Result, error) {
		if err := do(c.Argv); err != nil {
			return process.Result{Status: 1, Stdout: err.Error()}, nil
		}
		return k.run(ctx, c)
	}
	return p
}

func (k *kernel) remove(path string) {
	k.t.Helper()
	if err := os.Remove(k.root + path); err != nil {
		k.t.Fatal(err)
	}
}

// readIfAny is the content of fstab, or that there is none.
func (k *kernel) readIfAny() string {
	if _, err := os.Lstat(k.root + "/etc/fstab"); err != nil {
		return "none"
	}
	return k.read("/etc/fstab")
}

// What somebody writes to fstab while a swap file is made, or while the lines are checked, is
// kept. Where that does not end, nothing is written.
func TestEditsBeforeTheLinesAreWrittenStay(t *testing.T) {
	const swap, mount = "/srv/swap none swap defaults 0 0\n", "tmpfs /srv/data tmpfs defaults 0 0\n"
	for _, tt := range []struct {
		name, before, at string
		times            int
		want             string
	}{
		{"while the file is made", otherLines, "mkswap", 1, otherLines + "# new\n" + swap + mount},
		{"while the lines are checked", otherLines, "findmnt", 1, otherLines + "# new\n" + swap + mount},
		{"a file comes", "none", "findmnt", 1, "# new\n" + swap + mount},
		{"the file goes", otherLines, "findmnt", -1, swap + mount},
		{"without end", otherLines, "findmnt", 9, otherLines + strings.Repeat("# new\n", 3)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k := newKernel(t, otherLines)
			if tt.before == "none" {
				k.remove("/etc/fstab")
			}
			times := tt.times
			p := k.hooked(func(argv []string) error {
				switch {
				case argv[0] != tt.at || times == 0:
				case times < 0:
					k.remove("/etc/fstab")
					times = 0
				default:
					k.write("/etc/fstab", strings.TrimPrefix(k.readIfAny(), "none")+"# new\n")
					times--
				}
				return nil
			})
			rs := []*resource.Resource{
				k.built(resources.Swap(p), "path", "/srv/swap", "size", "64K"),
				k.built(resources.Mount(p), "path", "/srv/data", "device", "tmpfs", "type", "tmpfs"),
			}
			out := p.ApplyAll(t.Context(), k.changesOf(p, rs...), resource.Forecast{})
			for i := range rs {
				if err := out.Err(i); errors.Is(err, fsys.ErrChanged) != (tt.times > 3) || err != nil && tt.times <= 3 {
					t.Error(err)
				}
			}
			if got := k.readIfAny(); got != tt.want {
				t.Errorf("fstab is %q, want %q", got, tt.want)
			}
		})
	}
}

// A rollback that removes fstab and then fails puts the line back. Where somebody else has
// removed the file, none is written.
func TestRemovedFileIsPutBack(t *testing.T) {
	const line = "/srv/swap none swap defaults 0 0\n"
	for _, tt := range []struct {
		name      string
		undo      bool
		before    string // "": there is no fstab
		meanwhile func(k *kernel)
		want      string
	}{
		{"our own removal", true, "", nil, line},
		{"somebody makes one", true, "", func(k *kernel) { k.write("/etc/fstab", "# new\n") }, line + "# new\n"},
		{"somebody removes the new one", false, "", func(k *kernel) { k.remove("/etc/fstab") }, "none"},
		{"somebody removes an old one", false, otherLines, func(k *kernel) { k.remove("/etc/fstab") }, "none"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k := newKernel(t, tt.before)
			if tt.before == "" {
				k.remove("/etc/fstab")
			}
			p := k.hooked(func([]string) error { return nil })
			r := k.built(resources.Swap(p), "path", "/srv/swap", "size", "64K")
			c, _, err := p.Record(t.Context(), k.changesOf(p, r)[0])
			if err != nil {
				t.Fatal(err)
			}
			if tt.undo {
				if err := p.Apply(t.Context(), c); err != nil {
					t.Fatal(err)
				}
				us, err := r.Kind.Undo(resource.Past{Name: "/srv/swap", Before: c.Have, After: c.Want})
				if err != nil || len(us) != 1 {
					t.Fatal(us, err)
				}
				back := *r
				back.Want = cty.ObjectVal(us[0].Want)
				c = k.changesOf(p, &back)[0]
			}
			was := k.read("/proc/swaps")
			p.Reload = func(context.Context) error {
				if p.Reload = nil; tt.undo != (k.readIfAny() == "none") {
					t.Errorf("fstab is %q", k.readIfAny())
				}
				if tt.meanwhile != nil {
					tt.meanwhile(k)
				}
				return errors.New("cannot reload")
			}
			if err := p.Apply(t.Context(), c); err == nil || err.Error() != "cannot reload" {
				t.Error(err)
			}
			if got := k.readIfAny(); got != tt.want {
				t.Errorf("fstab is %q, want %q", got, tt.want)
			}
			if got := k.read("/proc/swaps"); got != was {
				t.Errorf("in use is %q, want %q", got, was)
			}
		})
	}
}

// What was unmounted or taken out of use for a change that fails is mounted or used again,
// what was mounted last at last. Where that fails too, the error says so.
func TestFreedIsUsedAgain(t *testing.T) {
	const used = noSwaps + "/srv/swap file 64 0 5\n"
	const data, inner = "60 1 0:60 / /srv/data rw,relatime - tmpfs tmpfs rw\n", "61 60 0:61 / /srv/data/in rw,relatime - tmpfs tmpfs rw\n"
	for _, tt := range []struct {
		name, fail string
		resize     bool
		back       bool
		err        string
	}{
		{"a larger file", "mkswap", true, true, ""},
		{"a larger file, and none is used again", "mkswap swapon", true, false, "what was in use stays out of use: cannot use the swap space \"/srv/swap\": no"},
		{"mounts and swap space", "reload", false, true, "cannot reload; the init system has not read what was put back in /etc/fstab: cannot reload"},
		{"mounts and swap space stay off", "reload mount swapon", false, false, "stays unmounted: cannot mount"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			const lines = "/srv/swap none swap sw,pri=5 0 0\ntmpfs /srv/data/in tmpfs rw 0 0\ntmpfs /srv/data tmpfs rw 0 0\n"
			k := newKernel(t, lines, data, inner)
			p := k.hooked(func(argv []string) error {
				for _, program := range strings.Fields(tt.fail) {
					if argv[0] == program {
						return errors.New("no")
					}
				}
				return nil
			})
			k.write("/proc/swaps", used)
			k.write("/srv/swap", strings.Repeat("\x00", 4086)+"SWAPSPACE2"+strings.Repeat("\x00", 1<<16-4096))
			p.Reload = func(context.Context) error {
				if strings.Contains(tt.fail, "reload") {
					return errors.New("cannot reload")
				}
				return nil
			}
			mount, swap := resources.Mount(p), resources.Swap(p)
			rs := []*resource.Resource{
				k.built(swap, "path", "*", "ensure", "absent"),
				k.built(mount, "path", "/srv/data/in", "ensure", "absent"),
				k.built(mount, "path", "/srv/data", "ensure", "absent"),
			}
			if tt.resize {
				rs = []*resource.Resource{k.built(swap, "path", "/srv/swap", "size", "128K", "priority", 5)}
			}
			was := seen(k)
			out := p.ApplyAll(t.Context(), k.changesOf(p, rs...), resource.Forecast{})
			for i, r := range rs {
				err := out.Err(i)
				if err == nil {
					t.Fatalf("%s: no error", r.Addr)
				}
				if stays := strings.Contains(err.Error(), "stays"); stays == tt.back {
					t.Errorf("%s: %v", r.Addr, err)
				}
			}
			if err := out.Err(len(rs) - 1); !strings.Contains(err.Error(), tt.err) {
				t.Error(err)
			}
			if isUsed := k.read("/proc/swaps") == used; isUsed != tt.back {
				t.Errorf("in use is %q", k.read("/proc/swaps"))
			}
			if now := seen(k); !tt.resize && tt.back && len(strings.Split(now, "\n")) != len(strings.Split(was, "\n")) {
				t.Errorf("mounted is %s, and was %s", now, was)
			}
			if tt.back && !tt.resize && k.table().mounted("/srv/data/in").Parent != k.table().mounted("/srv/data").ID {
				t.Error("what was mounted on another is not any more")
			}
			if got := k.read("/etc/fstab"); got != lines {
				t.Errorf("fstab is %q", got)
			}
		})
	}
}
