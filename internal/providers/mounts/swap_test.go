package mounts

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

const noSwaps = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"

// format is fallocate and mkswap.
func (k *kernel) format(argv []string) (says string) {
	f, err := os.OpenFile(argv[len(argv)-1], os.O_WRONLY, 0)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	if argv[0] == "mkswap" {
		_, err = f.WriteAt([]byte("SWAPSPACE2"), 4086)
	} else if size, perr := strconv.ParseInt(argv[2], 10, 64); perr == nil {
		err = f.Truncate(size)
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// swap is swapon and swapoff.
func (k *kernel) swap(argv []string) (says string) {
	path := argv[len(argv)-1]
	var left strings.Builder
	for line := range strings.Lines(k.read("/proc/swaps")) {
		if !strings.HasPrefix(line, path+" ") {
			left.WriteString(line)
		}
	}
	if argv[0] == "swapon" {
		info, err := os.Stat(k.root + path)
		if err != nil {
			return "swapon: cannot open " + path + ": No such file or directory"
		}
		priority := "-2"
		if argv[1] == "-p" {
			priority = argv[2]
		}
		fmt.Fprintf(&left, "%s file %d 0 %s\n", path, info.Size()>>10, priority)
	}
	k.write("/proc/swaps", left.String())
	return ""
}

func swapWorld(t testing.TB) *resourcetest.World {
	k := newKernel(t, otherLines)
	k.write("/proc/swaps", noSwaps)
	k.write("/proc/meminfo", "MemTotal: 1000 kB\nMemAvailable:   600 kB\n")
	files := func() string {
		out := k.read("/etc/fstab") + k.read("/proc/swaps")
		if info, err := os.Stat(k.root + "/srv/swap"); err == nil {
			out += info.Mode().String() + strconv.FormatInt(info.Size(), 10) + "\n"
		}
		return out
	}
	return &resourcetest.World{
		Provider: k.swaps(), Root: k.root,
		Fingerprint: func(t testing.TB) string {
			info, err := os.Stat(k.root + "/etc/fstab")
			if err != nil {
				t.Fatal(err)
			}
			return info.ModTime().String() + files()
		},
		Dump: func(testing.TB) string { return files() },
	}
}

func (k *kernel) swaps() *Provider {
	return New(Options{FS: k.fs(), Live: true, Run: k.run, MayMount: func() bool { return true }, Reload: func(context.Context) error { k.reloads++; return nil }})
}

func changed(path, old, with string) func(testing.TB, *resourcetest.World) {
	return func(t testing.TB, w *resourcetest.World) {
		k := &kernel{t: t, root: w.Root}
		k.write(path, strings.Replace(k.read(path), old, with, 1))
		w.Provider.(*Provider).Invalidate(nil)
	}
}

func TestSwapConformance(t *testing.T) {
	a := resourcetest.Attrs
	resourcetest.Suite{
		Kind: resources.Swap, World: swapWorld,
		Without: map[resourcetest.Part]string{
			resourcetest.Kept:    "a line has nothing besides its words",
			resourcetest.Aliases: "it is known by its path",
			resourcetest.Bytes:   "swap space cannot be made of nothing",
		},
		Cases: []resourcetest.Case{{
			Name: "file", Torn: "the file is made before its line is written",
			Want: a("path", "/srv/swap", "size", "64K", "priority", 5),
			Check: func(t testing.TB, w *resourcetest.World) {
				k := &kernel{t: t, root: w.Root}
				if got := k.read("/etc/fstab"); got != otherLines+"/srv/swap none swap sw,pri=5 0 0\n" {
					t.Errorf("fstab is %q", got)
				}
				if got := k.read("/proc/swaps"); got != noSwaps+"/srv/swap file 64 0 5\n" {
					t.Errorf("in use is %q", got)
				}
			},
			Drifts: []resourcetest.Drift{
				{Name: "out of use", Attr: "live", Do: changed("/proc/swaps", "/srv/swap file 64 0 5\n", "")},
				{Name: "another priority", Attr: "live", Do: changed("/proc/swaps", "0 5", "0 4")},
				{Name: "no line", Attr: "saved", Do: changed("/etc/fstab", "/srv/swap none swap sw,pri=5 0 0\n", "")},
			},
			Gone: a("path", "/srv/swap", "ensure", "absent"),
		}},
	}.Run(t)
}

func TestSwap(t *testing.T) {
	a := resourcetest.Attrs
	const two = noSwaps + "/dev/vdb partition 1000 100 -2\n/srv/a\\040b file 100 50 7\n"
	const lines = "/dev/vdb none swap sw 0 0\n# c\n/dev/vda / ext4 rw 0 1\n\"/srv/a\\040b\" none swap pri=7\n"
	staged := regexp.MustCompile(`\S+/srv/\.\S+[^;\s]`)
	for _, tt := range []struct {
		name, fstab, swaps, memory string
		attrs                      map[string]cty.Value
		fail                       string
		ran, after, err            string
	}{
		{
			name: "all of it", fstab: lines, swaps: two, memory: "200", attrs: a("path", "*", "ensure", "absent"),
			ran:   "swapoff -- /dev/vdb; swapoff -- /srv/a b",
			after: "# /dev/vdb none swap sw 0 0\n# c\n/dev/vda / ext4 rw 0 1\n# \"/srv/a\\040b\" none swap pri=7\n",
		},
		{
			name: "memory is short", fstab: lines, swaps: strings.Replace(two, "100 -2", "900000 -2", 1), memory: "2000", attrs: a("path", "*", "ensure", "absent"),
			err: "cannot take swap space out of use: it holds 878 MiB, and only 1 MiB of memory are available", after: lines,
		},
		{
			name: "the rest has room", fstab: lines, swaps: strings.Replace(two, "file 100 50", "file 2000 50", 1), memory: "0", attrs: a("path", "/dev/vdb", "ensure", "absent"),
			ran: "swapoff -- /dev/vdb", after: lines[len("/dev/vdb none swap sw 0 0\n"):],
		},
		{
			name: "what cannot be used leaves no line", swaps: noSwaps, attrs: a("path", "/srv/none"),
			ran: "swapon -- /srv/none", err: "cannot use the swap space \"/srv/none\": cannot open /srv/none: No such file or directory",
		},
		{
			name: "a file of something else is kept", swaps: noSwaps, attrs: a("path", "/srv/other", "size", "64K"),
			err: "cannot make the swap file \"/srv/other\": it is a file of 9 bytes without the mark of mkswap, so it is no swap space; name another file, or move that one away",
		},
		{
			name: "a file of something else of that size", swaps: noSwaps, attrs: a("path", "/srv/image", "size", "64K"),
			err: "cannot make the swap file \"/srv/image\": it is a file of 65536 bytes without the mark of mkswap, so it is no swap space; name another file, or move that one away",
		},
		{
			name: "a file that mkswap has not prepared", swaps: noSwaps, attrs: a("path", "/srv/image"),
			err: "cannot use the swap space \"/srv/image\": it is a file of 65536 bytes without the mark of mkswap, so it is no swap space; prepare it by mkswap, or move it away and have converge make one with size",
		},
		{
			name: "a file that cannot be used is removed", swaps: noSwaps, attrs: a("path", "/srv/new", "size", "64K"), fail: "swapon",
			ran: "fallocate -l 65536 -- NEW; mkswap -- NEW; swapon -- /srv/new", err: "cannot use the swap space \"/srv/new\": Invalid argument",
		},
		{name: "none at all", fstab: "# c\n", swaps: noSwaps, attrs: a("path", "*", "ensure", "absent"), after: "# c\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k := newKernel(t, tt.fstab)
			k.write("/proc/swaps", tt.swaps)
			k.write("/proc/meminfo", "MemAvailable: "+tt.memory+" kB\n")
			k.write("/srv/other", "precious\n")
			k.write("/srv/image", strings.Repeat("data", 1<<14))
			if tt.fail != "" {
				k.fail[" -- /srv/new"] = "swapon: Invalid argument"
			}
			p := k.swaps()
			r, err := resourcetest.Build(resources.Swap(p), &resourcetest.World{}, "x", tt.attrs)
			if err != nil {
				t.Fatal(err)
			}
			have, err := p.Observe(t.Context(), r.Want)
			if c := resource.Diff(r, have); err == nil && !c.Empty() {
				err = p.Apply(t.Context(), c)
			}
			if (err != nil || tt.err != "") && fmt.Sprint(err) != tt.err {
				t.Errorf("%v\nwant %s", err, tt.err)
			}
			if got := staged.ReplaceAllString(strings.Join(k.ran, "; "), "NEW"); got != tt.ran {
				t.Errorf("ran %q, want %q", got, tt.ran)
			}
			if _, err := os.Lstat(k.root + "/srv/new"); err == nil || k.read("/srv/other") != "precious\n" {
				t.Error("a file is left that cannot be used, or one of something else is gone")
			}
			if got := k.read("/etc/fstab"); got != tt.after {
				t.Errorf("fstab is %q, want %q", got, tt.after)
			}
		})
	}
}

// Swap space is read back into memory, and a file is filled, for as long as that takes.
func TestSwapProgramsHaveNoLimit(t *testing.T) {
	k := newKernel(t, "")
	k.write("/proc/swaps", noSwaps)
	k.write("/proc/meminfo", "MemAvailable: 1000 kB\n")
	p := k.swaps()
	for _, attrs := range []map[string]cty.Value{resourcetest.Attrs("path", "/srv/swap", "size", "64K"), resourcetest.Attrs("path", "/srv/swap", "ensure", "absent")} {
		r, err := resourcetest.Build(resources.Swap(p), &resourcetest.World{}, "x", attrs)
		if err != nil {
			t.Fatal(err)
		}
		resourcetest.Converge(t, r)
	}
	for _, program := range []string{"fallocate", "mkswap", "swapon", "swapoff"} {
		if limit, ran := k.limits[program]; !ran || limit != 0 {
			t.Errorf("%s: %v, %v", program, ran, limit)
		}
	}
}

// A file without a line, as a killed run leaves it, is what a rollback may want: it is there.
func TestSwapFileWithoutItsLine(t *testing.T) {
	k := newKernel(t, "# c\n")
	k.write("/proc/swaps", noSwaps)
	p := k.swaps()
	k.write("/swap", strings.Repeat("\x00", 4086)+"SWAPSPACE2")
	for _, c := range []struct {
		path  string
		there bool
	}{{"/swap", true}, {"/etc/fstab", false}} { // which is no swap file
		have, err := p.Observe(t.Context(), cty.ObjectVal(resourcetest.Attrs("part", resources.PartSwap, "path", c.path, "saved", "")))
		if err != nil || have.IsNull() == c.there {
			t.Errorf("%s: %#v %v", c.path, have, err)
		}
	}
}

// Units of systemd that bring swap space which no line names are masked, and unmasked when that
// is taken back.
func TestSwapUnitsAreMasked(t *testing.T) {
	k := newKernel(t, "")
	k.write("/proc/swaps", noSwaps)
	k.write("/proc/meminfo", "MemAvailable: 1 kB\n")
	for _, dir := range []string{"/run/systemd/generator", "/etc/systemd/system"} {
		if err := os.MkdirAll(k.root+dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	k.write("/run/systemd/generator/dev-vdb.swap", "[Unit]\nSourcePath=/etc/fstab\n")
	k.write("/run/systemd/generator/dev-zram0.swap", "[Swap]\nWhat=/dev/zram0\n")
	p := k.swaps()
	r, err := resourcetest.Build(resources.Swap(p), &resourcetest.World{}, "x", resourcetest.Attrs("path", "*", "ensure", "absent"))
	if err != nil {
		t.Fatal(err)
	}
	before, err := p.Observe(t.Context(), r.Want)
	if err != nil {
		t.Fatal(err)
	}
	resourcetest.Converge(t, r)
	if to, err := os.Readlink(k.root + "/etc/systemd/system/dev-zram0.swap"); to != "/dev/null" {
		t.Errorf("%q, %v", to, err)
	}
	if _, err := os.Lstat(k.root + "/etc/systemd/system/dev-vdb.swap"); err == nil {
		t.Error("the unit of a line is masked")
	}
	us, err := r.Kind.Undo(resource.Past{Name: "*", Before: before, After: r.Want})
	if err != nil || len(us) != 1 {
		t.Fatal(us, err)
	}
	r.Want = cty.ObjectVal(us[0].Want)
	resourcetest.Converge(t, r)
	if _, err := os.Lstat(k.root + "/etc/systemd/system/dev-zram0.swap"); !os.IsNotExist(err) {
		t.Error("the unit stays masked", err)
	}
	if again := resourcetest.Plan(t, r); !again.Empty() {
		t.Error("taken back, and yet the plan would change", resourcetest.Names(again))
	}
}

func FuzzSwaps(f *testing.F) {
	f.Add(noSwaps + "/dev/vdb partition 1000 100 -2\n/srv/a\\040b file 100 50 7\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, a := range parseSwaps([]byte(text)) {
			if strings.Contains(a.path, "\n") && !strings.Contains(text, "\\012") {
				t.Errorf("%q is a path", a.path)
			}
		}
		_, _ = resources.SwapSize(text) // whatever it is, it is read or refused
	})
}

var _ interface {
	resource.Provider
	resource.Transactor
	resource.Recorder
	resource.Invalidator
} = (*Provider)(nil)
