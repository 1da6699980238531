package service

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
)

// TestTreeRemovesDanglingLinks: links that enable a unit without a file are found, and removed if the unit must be
// disabled.
func TestTreeRemovesDanglingLinks(t *testing.T) {
	t.Parallel()
	root := newTree(t)
	for link, target := range map[string]string{
		"etc/systemd/system/multi-user.target.wants/gone.service": "/usr/lib/systemd/system/gone.service",
		"etc/systemd/system/x.target.requires/gone.service":       "/usr/lib/systemd/system/gone.service",
		"etc/systemd/system/alias.service":                        "/usr/lib/systemd/system/gone.service",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, link)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	p := New(Options{Root: root})
	equal(t, "gone", converge(t, p, attrs{"name": "gone", "enabled": false, "running": false}), "enabled")
	equal(t, "alias", converge(t, p, attrs{"name": "alias", "enabled": false}), "enabled")
	equal(t, "again", converge(t, p, attrs{"name": "gone", "enabled": false}), "")
	equal(t, "links", links(t, root), "")
}

// TestIdentify: the name of a unit is that of its file, through links from one unit folder to another; a link to any
// other folder defines a unit of its own.
func TestIdentify(t *testing.T) {
	t.Parallel()
	root := newTree(t)
	for link, target := range map[string]string{
		"etc/systemd/system/web2.service":       "/usr/lib/systemd/system/web.service",
		"etc/systemd/system/web3.service":       "web2.service",
		"etc/systemd/system/ttyx@.service":      "/usr/lib/systemd/system/get@.service",
		"etc/systemd/system/linked.service":     "/opt/other.service",
		"etc/systemd/system/masked.service":     "/dev/null",
		"etc/systemd/system/circle1.service":    "circle2.service",
		"etc/systemd/system/circle2.service":    "circle1.service",
		"etc/systemd/system/wrong.timer":        "web.service",
		"etc/systemd/system/default.target":     "/usr/lib/systemd/system/graphical.target",
		"usr/lib/systemd/system/vendor.service": "web.service",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, link)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	p := New(Options{Root: root})
	got, err := p.Identify(t.Context(), []string{
		"unit:web.service", "unit:web2.service", "unit:web3.service", "unit:ttyx@1.service", "unit:ttyx@.service", "unit:get@1.service",
		"unit:linked.service", "unit:masked.service", "unit:wrong.timer", "unit:default.target", "unit:vendor.service", "unit:nope.service",
		"path:/etc/systemd/system/web2.service", "unit:bad name",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"unit:web2.service": "unit:web.service", "unit:web3.service": "unit:web.service", "unit:vendor.service": "unit:web.service",
		"unit:ttyx@1.service": "unit:get@1.service", "unit:ttyx@.service": "unit:get@.service",
		"unit:default.target": "unit:graphical.target",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if _, err := p.Identify(t.Context(), []string{"unit:circle1.service"}); err != nil {
		t.Errorf("a circle: %v", err)
	}
}

func TestInChroot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, c := range []struct {
		first, own string
		want       bool
	}{
		{dir, dir, false},
		{dir, "/", true},
		{dir + "/nothing", "/", true}, // no /proc
	} {
		if got := inChroot(c.first, c.own); got != c.want {
			t.Errorf("%q, %q: got %v", c.first, c.own, got)
		}
	}
}

// TestOnlyMissingLinksAreMade: completing the links of an enabled unit makes those that its [Install] section asks for,
// and nothing else, and taking that back removes exactly these.
func TestOnlyMissingLinksAreMade(t *testing.T) {
	t.Parallel()
	const at = "/etc/systemd/system/"
	const to = " -> /usr/lib/systemd/system/"
	for name, tt := range map[string]struct {
		unit   string
		links  []string // that there are, below /etc/systemd/system, with their targets
		change string
		made   []string
	}{
		"a link that others made stays": {"two", []string{"multi-user.target.wants/two.service" + to + "two.service", "old.target.wants/two.service" + to + "two.service"}, "enabled", []string{"deux.service" + to + "two.service", "x.target.requires/two.service" + to + "two.service"}},
		"only others made one":          {"web", []string{"old.target.wants/web.service" + to + "web.service"}, "enabled", []string{"multi-user.target.wants/web.service" + to + "web.service"}},
		"another unit has the name":     {"two", []string{"deux.service" + to + "web.service", "x.target.requires/two.service" + to + "two.service"}, "enabled", []string{"multi-user.target.wants/two.service" + to + "two.service"}},
		"instances of a template":       {"get@", []string{"multi-user.target.wants/get@b.service" + to + "get@.service"}, "enabled", []string{"multi-user.target.wants/get@tty1.service" + to + "get@.service"}},
		"units of Also=":                {"more", []string{"multi-user.target.wants/web.service" + to + "web.service"}, "enabled", []string{"sockets.target.wants/sock.socket" + to + "sock.socket"}},
		"none":                          {"web", nil, "enabled", []string{"multi-user.target.wants/web.service" + to + "web.service"}},
		"all":                           {"web", []string{"multi-user.target.wants/web.service" + to + "web.service"}, "", nil},
		"a link of the package":         {"pre", []string{"x.target.wants/pre.service" + to + "pre.service"}, "", nil},
		"a link until the next boot":    {"run", []string{"x.target.wants/run.service" + to + "run.service"}, "enabled", []string{"y.target.wants/run.service" + to + "run.service"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := newTree(t)
			for unit, text := range map[string]string{
				"more.service": "[Service]\nExecStart=/bin/true\n[Install]\nAlso=web.service sock.socket\n",
				"pre.service":  "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=x.target y.target\n",
				"run.service":  "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=x.target y.target\n",
			} {
				if err := os.WriteFile(filepath.Join(root, "usr/lib/systemd/system", unit), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			link(t, root+"/usr/lib/systemd/system/y.target.wants/pre.service", "../pre.service")
			link(t, root+"/run/systemd/system/y.target.wants/run.service", "/usr/lib/systemd/system/run.service")
			for _, l := range tt.links {
				p, target, _ := strings.Cut(l, " -> ")
				link(t, root+at+p, target)
			}
			before := links(t, root)
			p := New(Options{Root: root})
			r := service(t, p, attrs{"name": tt.unit, "enabled": true})
			c := resourcetest.Plan(t, r)
			c, _, err := p.Record(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "change", converge(t, p, attrs{"name": tt.unit, "enabled": true}), tt.change)
			want := slices.Concat(tt.links, tt.made)
			slices.Sort(want)
			for i := range want {
				want[i] = at + want[i]
			}
			equal(t, "links", links(t, root), strings.Join(want, "\n"))
			equal(t, "again", converge(t, p, attrs{"name": tt.unit, "enabled": true}), "")
			if tt.change == "" {
				return
			}
			link(t, root+at+"late.target.wants/"+r.Want.GetAttr("name").AsString(), "/usr/lib/systemd/system/x.service")
			takeBack(t, p, c)
			late := root + at + "late.target.wants/"
			if err := os.RemoveAll(late); err != nil {
				t.Fatal(err)
			}
			equal(t, "taken back", links(t, root), before)
		})
	}
}

// TestDisablingIsTakenBackLinkByLink: a rollback makes the links that were there, whatever the [Install] section asks
// for.
func TestDisablingIsTakenBackLinkByLink(t *testing.T) {
	t.Parallel()
	root := newTree(t)
	link(t, root+"/etc/systemd/system/old.target.wants/two.service", "/usr/lib/systemd/system/two.service")
	link(t, root+"/run/systemd/system/multi-user.target.wants/two.service", "/usr/lib/systemd/system/two.service")
	before := links(t, root)
	p := New(Options{Root: root})
	c, _, err := p.Record(t.Context(), resourcetest.Plan(t, service(t, p, attrs{"name": "two", "enabled": false})))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "change", converge(t, p, attrs{"name": "two", "enabled": false}), "enabled")
	equal(t, "links", links(t, root), "")
	takeBack(t, p, c)
	equal(t, "taken back", links(t, root), before)
	if _, err := os.Readlink(root + "/run/systemd/system/multi-user.target.wants/two.service"); err != nil {
		t.Errorf("the link until the next boot: %v", err)
	}
}

// TestTakenNamesAreRefused: a plan refuses to enable a unit whose other name is taken.
func TestTakenNamesAreRefused(t *testing.T) {
	t.Parallel()
	root := newTree(t)
	link(t, root+"/etc/systemd/system/deux.service", "/usr/lib/systemd/system/web.service")
	p := New(Options{Root: root})
	a := attrs{"name": "two", "enabled": true}
	err := p.Review(t.Context(), planOf(t, p, a), resource.Outlook{}).Blocked
	if err == nil || !strings.Contains(err.Error(), `cannot enable unit two.service: its [Install] section has Alias=deux.service, and "/etc/systemd/system/deux.service" is a link to "/usr/lib/systemd/system/web.service"`) {
		t.Errorf("the plan says %v", err)
	}
	before := links(t, root)
	fails(t, p, a, "cannot enable unit two.service", "Alias=deux.service")
	equal(t, "links", links(t, root), before)
}

// takeBack undoes a recorded change.
func takeBack(t *testing.T, p *Provider, c resource.Change) {
	t.Helper()
	us, err := c.Kind.Undo(resource.Past{Kind: c.Kind, Name: c.Label(), Before: c.Have, After: c.Want})
	if err != nil || len(us) != 1 {
		t.Fatalf("%v, %v", us, err)
	}
	p.Invalidate(nil)
	r := &resource.Resource{Addr: c.Addr, Kind: c.Kind, Want: cty.ObjectVal(us[0].Want)}
	equal(t, "the rollback changes", resourcetest.Names(resourcetest.Converge(t, r)), "enabled")
}

// link makes a link with the folders above it.
func link(t *testing.T, path, target string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}
