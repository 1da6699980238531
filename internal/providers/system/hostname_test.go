package system

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
	"golang.org/x/sys/unix"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

const oldHosts = "127.0.0.1\tlocalhost\n127.0.1.1\told.example.org old  # by the installer\n::1 localhost\n"

// hostnameWorld is a root in which the kernel's name is a file.
func hostnameWorld(t testing.TB, files ...string) *resourcetest.World {
	root, f := host(t, append([]string{"proc/sys/kernel/hostname = old\\n", "etc/hostname = old\\n", "etc/hosts = " + oldHosts,
		"etc/cloud/cloud.cfg = preserve_hostname: false\\n", "etc/cloud/cloud.cfg.d/05_logging.cfg = x: 1\\n"}, files...)...)
	return worldOf(root, NewHostname(HostnameOptions{FS: f, Live: true, SetName: func(name string) error {
		return os.WriteFile(root+"/proc/sys/kernel/hostname", []byte(name+"\n"), 0o644)
	}}))
}

func TestHostnameConformance(t *testing.T) {
	const standing = "a host always has a name"
	a := resourcetest.Attrs
	resourcetest.Suite{
		Kind: resources.Hostname, World: func(t testing.TB) *resourcetest.World { return hostnameWorld(t) },
		Without: map[resourcetest.Part]string{
			resourcetest.Removal: standing,
			resourcetest.Kept:    "lines of files have nothing besides their words",
			resourcetest.Aliases: "a name is compared as it is",
			resourcetest.Bytes:   "the names of hosts are letters, digits and hyphens",
		},
		Cases: []resourcetest.Case{{
			Name: "short", Want: a("name", "web1"), Standing: standing, Torn: "the files are written one by one, and the name is set",
			Check: holds("/etc/hostname", "web1\n", "/proc/sys/kernel/hostname", "web1\n",
				"/etc/hosts", "127.0.0.1\tlocalhost\n127.0.1.1\tweb1.example.org web1  # by the installer\n::1 localhost\n",
				"/etc/cloud/cloud.cfg.d/99-converge-hostname.cfg", "# By converge: the name of the host is that of its manifest.\npreserve_hostname: true\n"),
			Drifts: []resourcetest.Drift{
				{Name: "only now", Attr: "live_name", Do: change("/proc/sys/kernel/hostname", "x\n")},
				{Name: "only at boot", Attr: "saved_name", Do: change("/etc/hostname", "x\n")},
				{Name: "no file", Attr: "saved_name", Do: change("/etc/hostname", "")},
				{Name: "only in hosts", Attr: "in_hosts", Do: change("/etc/hosts", strings.Replace(oldHosts, "old.example.org old", "web1.example.org", 1))},
				{Name: "cloud-init sets it", Attr: "preserved", Do: change("/etc/cloud/cloud.cfg.d/99-converge-hostname.cfg", "")},
			},
		}},
	}.Run(t)
}

// TestHostnames: each row is a host, and its files after a hostname was applied.
func TestHostnames(t *testing.T) {
	a := resourcetest.Attrs
	for name, tt := range map[string]struct {
		files []string
		name  string
		holds []string // path, content, and so on
		err   string
	}{
		"with a domain":          {name: "web1.corp.net", holds: []string{"/etc/hosts", "127.0.0.1\tlocalhost\n127.0.1.1\tweb1.corp.net web1  # by the installer\n::1 localhost\n"}},
		"no line of 127.0.1.1":   {files: []string{"etc/hosts = 127.0.0.1 localhost old\\n"}, name: "web1", holds: []string{"/etc/hosts", "127.0.0.1 localhost old\n"}},
		"a line without the old": {files: []string{"etc/hosts = 127.0.1.1 other"}, name: "web1", holds: []string{"/etc/hosts", "127.0.1.1 other web1"}},
		"a line that is right":   {files: []string{"etc/hosts = 127.0.1.1\\tweb1.x  web1 alias\\n"}, name: "web1", holds: []string{"/etc/hosts", "127.0.1.1\\tweb1.x  web1 alias\n"}},
		"aliases stay":           {files: []string{"etc/hosts = 127.0.1.1 old mail old\\n"}, name: "web1", holds: []string{"/etc/hosts", "127.0.1.1 web1 mail\n"}},
		"several lines": {
			files: []string{"etc/hosts = 127.0.1.1 old\\n127.0.1.1 mail\\n127.0.1.1  old.example.org old # o\\n"}, name: "web1",
			holds: []string{"/etc/hosts", "127.0.1.1 web1\n127.0.1.1 mail\n127.0.1.1  web1.example.org web1 # o\n"},
		},
		"the old name in a later line": {
			files: []string{"etc/hosts = 127.0.1.1 mail\\n127.0.1.1 old\\n"}, name: "web1", holds: []string{"/etc/hosts", "127.0.1.1 mail\n127.0.1.1 web1\n"},
		},
		"the old name beside the new": {
			files: []string{"etc/hosts = 127.0.1.1 web1\\n127.0.1.1 old\\n"}, name: "web1", holds: []string{"/etc/hosts", "127.0.1.1 web1\n127.0.1.1 web1\n"},
		},
		"another address":       {files: []string{"etc/hosts = 127.0.1.10 old\\n"}, name: "web1", holds: []string{"/etc/hosts", "127.0.1.10 old\n"}},
		"a comment in the file": {files: []string{"etc/hostname = # c\\n old \\n"}, name: "web1", holds: []string{"/etc/hostname", "# c\n web1 \n"}},
		"comments alone":        {files: []string{"etc/hostname = # c\\n\\n"}, name: "web1", holds: []string{"/etc/hostname", "# c\n\nweb1\n"}},
		"a comment without end": {files: []string{"etc/hostname = # c"}, name: "web1", holds: []string{"/etc/hostname", "# c\nweb1"}},
		"no file":               {files: []string{"etc/hostname = "}, name: "web1", holds: []string{"/etc/hostname", "web1\n"}},
		"links": {
			files: []string{"etc/hostname = -> x/name", "etc/x/name = old\\n", "etc/hosts = -> x/hosts", "etc/x/hosts = 127.0.1.1 old\\n"}, name: "web1",
			holds: []string{"/etc/x/name", "web1\n", "/etc/x/hosts", "127.0.1.1 web1\n", "/etc/hostname", "-> x/name"},
		},
		"cloud-init keeps it already": {
			files: []string{"etc/cloud/cloud.cfg.d/10-x.cfg = preserve_hostname: True\\n"}, name: "web1", holds: []string{"/etc/cloud/cloud.cfg.d/99-converge-hostname.cfg", ""},
		},
		"cloud-init is told otherwise": {
			files: []string{"etc/cloud/cloud.cfg.d/99-z.cfg = preserve_hostname: false\\n"}, name: "web1",
			err: "cannot have cloud-init keep the name of the host: /etc/cloud/cloud.cfg.d/99-z.cfg sets preserve_hostname to false, after /etc/cloud/cloud.cfg.d/99-converge-hostname.cfg; remove it there",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := hostnameWorld(t, tt.files...)
			r, err := resourcetest.Build(resources.Hostname(w.Provider), w, "x", a("name", tt.name))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Provider.Observe(context.Background(), r.Want); err != nil || tt.err != "" {
				if err == nil || err.Error() != tt.err {
					t.Errorf("%v, want %s", err, tt.err)
				}
				return
			}
			before := dump(t, w.Root, false)
			c := resourcetest.Converge(t, r)
			for i := 0; i < len(tt.holds); i += 2 {
				tt.holds[i+1] = strings.ReplaceAll(tt.holds[i+1], `\t`, "\\t")
			}
			holds(tt.holds...)(t, w)
			us, err := r.Kind.Undo(resource.Past{Name: "x", Before: c.Have, After: c.Want})
			if err != nil || len(us) != 1 {
				t.Fatal(us, err)
			}
			resourcetest.Converge(t, &resource.Resource{Kind: r.Kind, Want: cty.ObjectVal(us[0].Want)})
			if after := dump(t, w.Root, false); after != before {
				t.Errorf("taken back, it is %s\nand not %s", after, before)
			}
		})
	}
	for _, bad := range []string{"", "-a", "a_b", "a b", "a..b", strings.Repeat("a", 65)} {
		if _, err := resourcetest.Build(resources.Hostname(nil), &resourcetest.World{}, "x", a("name", bad)); err == nil {
			t.Errorf("%q is a name", bad)
		}
	}
}

// TestNoCloudInit shows that nothing is written for a program that is not installed.
func TestNoCloudInit(t *testing.T) {
	root, f := host(t, "etc/hostname = old\\n")
	w := worldOf(root, NewHostname(HostnameOptions{FS: f}))
	r, err := resourcetest.Build(resources.Hostname(w.Provider), w, "x", resourcetest.Attrs("name", "web1"))
	if err != nil {
		t.Fatal(err)
	}
	resourcetest.Converge(t, r)
	if got := dump(t, root, false); got != "/etc/hostname -rw-r--r-- web1\n\n" {
		t.Errorf("the tree is %q", got)
	}
}

// TestNoRightToSet shows that the plan reports that the name cannot be set, while the files can be written without it.
// A failure of the kernel comes after the files.
func TestNoRightToSet(t *testing.T) {
	w := hostnameWorld(t, "proc/self/status = Name:\tx\\nCapEff:\t00000000a80425fb\\n")
	review := func(pairs ...any) resource.Review {
		r, err := resourcetest.Build(resources.Hostname(w.Provider), w, "x", resourcetest.Attrs(append(pairs, "name", "web1")...))
		if err != nil {
			t.Fatal(err)
		}
		return w.Provider.(*Hostname).Review(context.Background(), resourcetest.Plan(t, r), resource.Outlook{Ask: resource.AskForecast})
	}
	const want = "cannot set the name of the host: this process has no right to (CAP_SYS_ADMIN), as in a container; with live = false only the files are written"
	if r := review(); r.Blocked == nil || r.Blocked.Error() != want {
		t.Errorf("the plan says %v", r.Blocked)
	}
	if r := review("live", false); r.Blocked != nil || len(r.Notes) > 0 {
		t.Errorf("without the kernel the plan says %v, %q", r.Blocked, r.Notes)
	}
	w.Provider.(*Hostname).names.SetName = func(string) error { return unix.EPERM }
	r, err := resourcetest.Build(resources.Hostname(w.Provider), w, "x", resourcetest.Attrs("name", "web1"))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Provider.Apply(context.Background(), resourcetest.Plan(t, r)); !errors.Is(err, unix.EPERM) {
		t.Error(err)
	}
	holds("/etc/hostname", "web1\n")(t, w)
}

// FuzzHosts checks that renaming changes only the names of 127.0.1.1, and that a second renaming changes nothing.
func FuzzHosts(f *testing.F) {
	f.Add(oldHosts, "old", "web1")
	f.Add("127.0.1.1 a.b a b\n", "a", "c.d")
	f.Fuzz(func(t *testing.T, text, old, name string) {
		if strings.Join(strings.Fields(name), "") != name || strings.ContainsAny(name, "#\n") || name == "" || strings.HasPrefix(name, ".") {
			return
		}
		places := findNames([]byte(text))
		if len(places) == 0 {
			return
		}
		start, end := places[0][0], places[0][1]
		names := strings.Join(resources.RenameHost(strings.Fields(text[start:end]), old, name), " ")
		once := text[:start] + names + text[end:]
		again := findNames([]byte(once))
		if len(again) != len(places) || again[0][0] != start || once[start:again[0][1]] != names || !slices.Contains(strings.Fields(names), name) {
			t.Fatalf("%q became %q", text, once)
		}
	})
}
