package kernel

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/process"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// modprobe stands in for modprobe(8): /sys/module of the root is folders.
type modprobe struct {
	root string
	runs []string
	fail string
}

func (m *modprobe) run(_ context.Context, argv ...string) (process.Result, error) {
	m.runs = append(m.runs, strings.Join(argv, " "))
	if m.fail != "" {
		return process.Result{Status: 1, Stdout: m.fail + "\n"}, nil
	}
	dir := m.root + "/sys/module/" + argv[len(argv)-1]
	switch argv[1] {
	case "-n":
		return process.Result{Status: 1, Stdout: "modprobe: FATAL: Module " + argv[3] + " not found in directory /lib/modules/6.1.0"}, nil
	case "-r":
		return process.Result{}, os.RemoveAll(dir)
	}
	return process.Result{}, errors.Join(os.MkdirAll(dir+"/holders", 0o755), os.WriteFile(dir+"/initstate", []byte("live\n"), 0o644), os.WriteFile(dir+"/refcnt", []byte("0\n"), 0o644))
}

// moduleHost makes a root with the lists of a kernel's modules.
func moduleHost(t testing.TB, files ...string) (*Modules, *modprobe) {
	root, f := host(t, append([]string{
		"proc/sys/kernel/osrelease = 6.1.0\\n", "sys/module/kernel/x = ", "etc/modprobe.d/README = ", "etc/modules-load.d/README = ",
		"sys/module/printk/parameters/time = N\\n",
		`lib/modules/6.1.0/modules.builtin = kernel/fs/ext4/ext4.ko\nkernel/fs/mbcache.ko\n`,
		`lib/modules/6.1.0/modules.dep = kernel/net/bridge/br_netfilter.ko.xz: kernel/net/bridge/bridge.ko.xz\nkernel/net/bridge/bridge.ko.xz:\nkernel/drivers/usb/storage/usb-storage.ko.zst:\nkernel/net/dummy.ko:\n`,
		`lib/modules/6.1.0/modules.alias = # aliases\nalias fs-ext4 ext4\nalias pci:v00008086d0000100Esv*sd*bc*sc*i* e1000\nalias rtnl-link-dummy dummy\n`,
	}, files...)...)
	program := &modprobe{root: root}
	return NewModules(ModuleOptions{Options: Options{FS: f, Live: true, Systemd: true}, Boot: "b", Run: program.run}), program
}

func moduleWorld(t testing.TB) *resourcetest.World {
	p, program := moduleHost(t, `etc/modprobe.d/zz-converge.conf = # others\noptions another a=1\n`)
	root := program.root
	dump := func(stat bool) string {
		var b strings.Builder
		for _, dir := range []string{"etc/modprobe.d", "etc/modules-load.d", "sys/module", "sys/module/*"} {
			names, err := filepath.Glob(filepath.Join(root, dir, "*"))
			if err != nil {
				t.Fatal(err)
			}
			for _, at := range names {
				info, err := os.Stat(at)
				if err != nil {
					t.Fatal(err)
				}
				text, _ := os.ReadFile(at) // a folder has none
				b.WriteString(strings.TrimPrefix(at, root) + " " + info.Mode().String() + " " + string(text) + "\n")
				if stat {
					b.WriteString(info.ModTime().String() + "\n")
				}
			}
		}
		return b.String()
	}
	return &resourcetest.World{
		Provider: p, Root: root,
		Fingerprint: func(testing.TB) string { return dump(true) },
		Dump:        func(testing.TB) string { return dump(false) },
	}
}

func writeModule(path, content string) func(testing.TB, *resourcetest.World) {
	return func(t testing.TB, w *resourcetest.World) {
		t.Helper()
		if err := errors.Join(os.MkdirAll(filepath.Dir(w.Root+path), 0o755), os.WriteFile(w.Root+path, []byte(content), 0o644)); err != nil {
			t.Fatal(err)
		}
		w.Provider.(*Modules).Invalidate(nil)
	}
}

func removeModule(path string) func(testing.TB, *resourcetest.World) {
	return func(t testing.TB, w *resourcetest.World) {
		t.Helper()
		if err := os.RemoveAll(w.Root + path); err != nil {
			t.Fatal(err)
		}
		w.Provider.(*Modules).Invalidate(nil)
	}
}

// loadModule is what somebody does by hand.
func loadModule(name string) func(testing.TB, *resourcetest.World) {
	return func(t testing.TB, w *resourcetest.World) {
		t.Helper()
		if _, err := (&modprobe{root: w.Root}).run(context.Background(), "modprobe", name); err != nil {
			t.Fatal(err)
		}
		w.Provider.(*Modules).Invalidate(nil)
	}
}

func TestModuleConformance(t *testing.T) {
	a := resourcetest.Attrs
	const torn = "a module is loaded between its options and the line for the boot"
	holds := func(path, want string) func(testing.TB, *resourcetest.World) {
		return func(t testing.TB, w *resourcetest.World) {
			t.Helper()
			if got, err := os.ReadFile(w.Root + path); string(got) != want {
				t.Errorf("%s holds %q, %v", path, got, err)
			}
		}
	}
	resourcetest.Suite{
		Kind: resources.KernelModule, World: moduleWorld,
		Without: map[resourcetest.Part]string{
			resourcetest.Kept: "a line of a file has nothing besides its words",
		},
		Cases: []resourcetest.Case{
			{
				Name: "loaded now and at boot", Want: a("name", "br_netfilter"), Torn: torn,
				Check: holds("/etc/modules-load.d/60-converge.conf", "br_netfilter\n"),
				Drifts: []resourcetest.Drift{
					{Name: "unloaded", Attr: "loaded", Do: removeModule("/sys/module/br_netfilter")},
					{Name: "not at boot", Attr: "saved", Do: removeModule("/etc/modules-load.d/60-converge.conf")},
				},
				Gone: a("name", "br_netfilter", "ensure", "absent"),
				OtherName: func(testing.TB, *resourcetest.World) map[string]cty.Value {
					return a("name", "br-netfilter")
				},
			},
			{
				Name: "with options", Want: a("name", "dummy", "options", map[string]any{"numdummies": 2, "name": "a b", "flag": ""}), Torn: torn,
				Check: holds("/etc/modprobe.d/zz-converge.conf", "# others\noptions another a=1\noptions dummy flag name=\"a b\" numdummies=2\n"),
				Drifts: []resourcetest.Drift{
					{Name: "another option", Attr: "options", Do: writeModule("/etc/modprobe.d/zz-converge.conf", "# others\noptions another a=1\noptions dummy numdummies=3\n")},
					{Name: "no line", Attr: "options", Do: writeModule("/etc/modprobe.d/zz-converge.conf", "# others\noptions another a=1\n")},
				},
				Gone: a("name", "dummy", "ensure", "absent"),
			},
			{
				Name: "disabled", Want: a("name", "usb-storage", "disabled", true), Torn: torn,
				Check: holds("/etc/modprobe.d/zz-converge.conf", "# others\noptions another a=1\ninstall usb_storage /bin/false\nblacklist usb_storage\n"),
				Drifts: []resourcetest.Drift{
					{Name: "loaded by hand", Attr: "loaded", Do: loadModule("usb_storage")},
					{Name: "allowed again", Attr: "saved", Do: writeModule("/etc/modprobe.d/zz-converge.conf", "# others\noptions another a=1\nblacklist usb_storage\n")},
				},
				Gone: a("name", "usb-storage", "ensure", "absent"),
			},
			{
				Name: "at boot only", Want: a("name", "bridge", "live", false),
				Check: func(t testing.TB, w *resourcetest.World) {
					if _, err := os.Stat(w.Root + "/sys/module/bridge"); err == nil {
						t.Error("it was loaded")
					}
				},
				Gone: a("name", "bridge", "ensure", "absent", "live", false),
			},
		},
		Named: func(name string) (want, gone map[string]cty.Value) {
			return a("name", name, "live", false), a("name", name, "ensure", "absent")
		},
	}.Run(t)
}

func module(t testing.TB, p *Modules, pairs ...any) *resource.Resource {
	t.Helper()
	r, err := resourcetest.Build(resources.KernelModule(p), &resourcetest.World{}, "x", resourcetest.Attrs(pairs...))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestModuleStates: each row is a host, a declaration, and what the plan says of it.
func TestModuleStates(t *testing.T) {
	a := resourcetest.Attrs
	loaded := func(name, refs string, more ...string) []string {
		return append([]string{"sys/module/" + name + "/initstate = live\\n", "sys/module/" + name + "/refcnt = " + refs + "\\n"}, more...)
	}
	const noCaps = "proc/self/status = Name:\tx\\nCapEff:\t00000000a80425fb\\n"
	for name, tt := range map[string]struct {
		files  []string
		attrs  map[string]cty.Value
		differ string // the attributes of the change
		err    string // of Observe, or Blocked
		note   string
		owner  string
	}{
		"built in, with parameters": {attrs: a("name", "printk")},
		"built in, by the list":     {attrs: a("name", "ext4")},
		"built in, disabled":        {attrs: a("name", "ext4", "disabled", true), err: "cannot disable the module ext4: it is built into the kernel"},
		"built in, absent":          {attrs: a("name", "ext4", "ensure", "absent"), err: "cannot remove the module ext4: it is built into the kernel"},
		"built in, with options":    {attrs: a("name", "ext4", "options", map[string]any{"a": 1}), err: "cannot give options to the module ext4: it is built into the kernel, which takes them from its command line only (ext4.NAME=VALUE)"},
		"built in, only now":        {attrs: a("name", "ext4", "at_boot", false)},
		"not loaded":                {attrs: a("name", "dummy"), differ: "name,loaded,saved"},
		"no such module":            {attrs: a("name", "nosuch"), err: "cannot observe the module nosuch: the kernel 6.1.0 has no such module; a package may have to be installed first"},
		"an alias":                  {attrs: a("name", "fs-ext4"), err: `cannot observe the module fs_ext4: that is an alias of the module ext4; declare kernel_module "ext4"`},
		"an alias of the administrator's": {
			files: []string{"etc/modprobe.d/a.conf = alias mine dummy"}, attrs: a("name", "mine"),
			err: `cannot observe the module mine: that is an alias of the module dummy; declare kernel_module "dummy"`,
		},
		"no lists of modules": {
			files: []string{"proc/sys/kernel/osrelease = 9.9"}, attrs: a("name", "ext4"),
			err: "cannot tell whether the module ext4 is loaded: the kernel has no lists of its modules in /lib/modules, so it may be built in (modprobe: FATAL: Module ext4 not found in directory /lib/modules/6.1.0); with live = false it is managed at boot only",
		},
		"no lists of modules, at boot": {files: []string{"proc/sys/kernel/osrelease = 9.9"}, attrs: a("name", "ext4", "live", false), differ: "name,saved"},
		"in use, absent":               {files: loaded("dummy", "3"), attrs: a("name", "dummy", "ensure", "absent"), owner: "it stays loaded: it is in use 3 times"},
		"used by another, absent":      {files: loaded("bridge", "1", "sys/module/bridge/holders/br_netfilter = "), attrs: a("name", "bridge", "ensure", "absent"), owner: "it stays loaded: it is used by br_netfilter"},
		"unused, absent":               {files: loaded("dummy", "0"), attrs: a("name", "dummy", "ensure", "absent"), differ: "ensure"},
		"disabled yet loaded":          {files: loaded("dummy", "0"), attrs: a("name", "dummy", "disabled", true), differ: "loaded,saved"},
		"disabled yet in use": {
			files: loaded("dummy", "1"), attrs: a("name", "dummy", "disabled", true), differ: "loaded,saved",
			err: "cannot unload the module dummy: it is in use once; with live = false it is disabled from the next boot",
		},
		"options of a loaded one": {
			files: loaded("dummy", "0"), attrs: a("name", "dummy", "options", map[string]any{"numdummies": 2}), differ: "options,saved",
			note: "the module is loaded: its options apply from the next load (notify its verb reload, or reboot)",
		},
		"an initramfs": {
			files: loaded("dummy", "0", "usr/sbin/update-initramfs = ", "etc/modules-load.d/a.conf = dummy"), attrs: a("name", "dummy", "options", map[string]any{"a": 2}), differ: "options",
			note: "the initramfs has its own copy of these lines until it is made again (update-initramfs -u)",
		},
		"a container": {
			files: []string{noCaps}, attrs: a("name", "dummy"), differ: "name,loaded,saved",
			err: "cannot load the module dummy: this process has no right to (CAP_SYS_MODULE), as in a container; with live = false only the boot side is managed",
		},
		"loading is switched off": {
			files: []string{"proc/sys/kernel/modules_disabled = 1\\n"}, attrs: a("name", "dummy"), differ: "name,loaded,saved",
			err: "cannot load the module dummy: kernel.modules_disabled is 1 until the next boot; with live = false only the boot side is managed",
		},
		"a container that needs nothing": {files: loaded("dummy", "0", noCaps, "etc/modules-load.d/a.conf = dummy"), attrs: a("name", "dummy")},
		"at boot by another file":        {files: loaded("br_netfilter", "0", "usr/lib/modules-load.d/docker.conf = # c\\nbr-netfilter\\n"), attrs: a("name", "br_netfilter")},
		"at boot by another file, absent": {
			files: []string{"usr/lib/modules-load.d/docker.conf = # c\\nbr-netfilter\\n"}, attrs: a("name", "br_netfilter", "ensure", "absent"),
			err: "cannot keep the module br_netfilter from being loaded at boot: /usr/lib/modules-load.d/docker.conf:2 loads it; remove that line, or set disabled = true",
		},
		"at boot by another file, only now": {
			files: []string{"usr/lib/modules-load.d/docker.conf = br-netfilter\\n"}, attrs: a("name", "br_netfilter", "at_boot", false),
			err: "cannot have the module br_netfilter not loaded: /usr/lib/modules-load.d/docker.conf:1 loads it at boot; remove that line, or set disabled = true",
		},
		"disabled by another file": {
			files: []string{"etc/modprobe.d/cis.conf = install dummy /bin/true"}, attrs: a("name", "dummy"),
			err: "cannot have the module dummy loaded: /etc/modprobe.d/cis.conf:1 disables it; remove that line",
		},
		"blacklisted by another file": {
			files: []string{"lib/modprobe.d/b.conf = # c\\nblacklist dummy"}, attrs: a("name", "dummy"),
			err: "cannot have the module dummy loaded: /lib/modprobe.d/b.conf:2 keeps it from being loaded at boot; remove that line",
		},
		"disabled by another file, as wanted": {files: []string{"etc/modprobe.d/cis.conf = install dummy /bin/false"}, attrs: a("name", "dummy", "disabled", true)},
		"another command for it": {
			files: []string{"etc/modprobe.d/10-a.conf = install dummy /sbin/x"}, attrs: a("name", "dummy", "disabled", true),
			err: "cannot have the module dummy disabled: /etc/modprobe.d/10-a.conf:1 has another command for it, which is the one that counts; remove that line",
		},
		"an option that is set later": {
			files: []string{"etc/modprobe.d/zzz.conf = options dummy a=1"}, attrs: a("name", "dummy", "options", map[string]any{"a": 2}),
			err: `cannot set the option a of the module dummy: /etc/modprobe.d/zzz.conf:1 sets it to "1", after /etc/modprobe.d/zz-converge.conf; remove it there`,
		},
		"options by another file": {files: loaded("dummy", "0", "etc/modprobe.d/10-a.conf = options dummy a=1 b=2", "etc/modules-load.d/a.conf = dummy"), attrs: a("name", "dummy", "options", map[string]any{"a": 1})},
	} {
		t.Run(name, func(t *testing.T) {
			p, program := moduleHost(t, tt.files...)
			r, err := resourcetest.Build(resources.KernelModule(p), &resourcetest.World{}, "x", tt.attrs)
			if err != nil {
				t.Fatal(err)
			}
			have, err := p.Observe(context.Background(), r.Want)
			var review resource.Review
			if err == nil {
				c := resource.Diff(r, have)
				var names []string
				for _, d := range c.Attrs {
					names = append(names, d.Name)
				}
				if got := strings.Join(names, ","); got != tt.differ {
					t.Errorf("it differs in %q, want %q", got, tt.differ)
				}
				review = p.Review(context.Background(), c, resource.Outlook{Ask: resource.AskForecast})
				err = review.Blocked
			}
			if got := ""; err != nil || tt.err != "" {
				if err != nil {
					got = err.Error()
				}
				if got != tt.err {
					t.Errorf("got  %s\nwant %s", got, tt.err)
				}
			}
			if review.Owner != tt.owner || tt.note != "" && !slices.Contains(review.Notes, tt.note) || tt.note == "" && len(review.Notes) > 0 {
				t.Errorf("the plan says %q, %q", review.Owner, review.Notes)
			}
			if len(program.runs) > 0 && !strings.HasPrefix(name, "no lists") {
				t.Errorf("observing ran %q", program.runs)
			}
		})
	}
}
