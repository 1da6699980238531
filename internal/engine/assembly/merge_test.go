package assembly

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// names is a host that is only asked for names: what links lead where, and what
// else is known by other names ("package:x>package:x:amd64").
type names struct {
	spot  func(string) Spot
	known map[string]string
	asked [][]string
}

func (n *names) Observe(context.Context, cty.Value) (cty.Value, error) { return resource.Absent, nil }
func (n *names) Apply(context.Context, resource.Change) error          { return nil }
func (n *names) Spot(_ context.Context, path string) Spot              { return n.spot(path) }

func (n *names) NameOneAccount(_ context.Context, attr, a, b string) bool {
	return n.known[attr+":"+a] == attr+":"+b || n.known[attr+":"+b] == attr+":"+a
}

func (n *names) Identify(_ context.Context, keys []string) (map[string]string, error) {
	n.asked = append(n.asked, keys)
	out := map[string]string{}
	for _, k := range keys {
		if name := n.known[k]; name != "" {
			out[k] = name
		}
	}
	return out, nil
}

// names is what the engine is told of it.
func (n *names) names() Names {
	return Names{Identify: n.Identify, Spot: n.Spot, SameAccount: n.NameOneAccount}
}

// host is such a host of a tree in the words of disk, and of further names.
func host(tree, known string) *names {
	n := &names{spot: disk(tree), known: map[string]string{}}
	for _, w := range strings.Fields(known) {
		key, name, _ := strings.Cut(w, ">")
		n.known[key] = name
		if unit, ok := strings.CutPrefix(key, "unit:"); ok { // what stands for a unit bears its name
			for _, prefix := range []string{"service:", "gone unit:"} {
				n.known[prefix+unit] = prefix + strings.TrimPrefix(name, "unit:")
			}
		}
	}
	return n
}

// build makes resources of real kinds, one a line: "file a path=/etc/x content=1
// after:0 notifies:2.restart off". A label that is a path is the path.
func build(t *testing.T, p resource.Provider, text string) []*resource.Resource {
	t.Helper()
	w := &resourcetest.World{Node: cty.EmptyObjectVal}
	var rs []*resource.Resource
	lines := strings.Split(strings.TrimSpace(text), "\n")
	addr := func(n string) resource.Addr {
		var i int
		if _, err := fmt.Sscan(n, &i); err != nil {
			t.Fatal(err)
		}
		f := strings.Fields(lines[i])
		return resource.Addr{Kind: f[0], Name: f[1]}
	}
	kinds := []*resource.Kind{
		resources.File(p), resources.Template(p), resources.Directory(p), resources.Link(p), resources.Service(p),
		resources.Package(p), resources.User(p), resources.Group(p), resources.Exec(p),
	}
	for n, line := range lines {
		f := strings.Fields(line)
		k := kinds[slices.IndexFunc(kinds, func(k *resource.Kind) bool { return k.Name == f[0] })]
		attrs, opts := map[string]cty.Value{}, []string{}
		if k.Label == "path" && f[1][0] == '/' || k.Label == "name" {
			attrs[k.Label] = cty.StringVal(f[1])
		}
		for _, opt := range f[2:] {
			name, val, ok := strings.Cut(opt, "=")
			switch {
			case !ok:
				opts = append(opts, opt)
			case val == "true" || val == "false":
				attrs[name] = cty.BoolVal(val == "true")
			case name == "vars":
				attrs[name] = cty.EmptyObjectVal
			default:
				attrs[name] = cty.StringVal(val)
			}
		}
		r, err := resourcetest.Build(k, w, f[1], attrs)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		r.Range = hcl.Range{Filename: "site.hcl", Start: hcl.Pos{Line: n}}
		for _, opt := range opts {
			what, val, _ := strings.Cut(opt, ":")
			to, verb, _ := strings.Cut(val, ".")
			switch what {
			case "off":
				r.Off = true
			case "fails":
				r.OnFailure = resource.OnFailure(val)
			case "after":
				r.DependsOn = append(r.DependsOn, resource.Dep{On: addr(to), Reason: "depends_on"})
			case "notifies":
				r.Notifies = append(r.Notifies, resource.Notify{Target: addr(to), Verb: verb, When: resource.Delayed})
			default:
				t.Fatalf("no such option: %s", opt)
			}
		}
		rs = append(rs, r)
	}
	return rs
}

// short writes an assembly: a line for each resource, with the other addresses
// that it has, whom it notifies and what it comes after.
func short(a *Assembly) string {
	var b strings.Builder
	for i, r := range a.Resources {
		b.WriteString(r.Addr.Kind + " " + r.Addr.Name)
		for _, o := range r.Also {
			b.WriteString(" = " + o.Kind + " " + o.Name)
		}
		for _, n := range r.Notifies {
			fmt.Fprintf(&b, " ! %s.%s", n.Target.Name, n.Verb)
		}
		var after []string
		for _, e := range a.Graph.Edges() {
			if name := a.Resources[e.From].Addr.Name; e.To == i && !slices.Contains(after, name) {
				after = append(after, name)
			}
		}
		slices.Sort(after)
		for _, name := range after {
			b.WriteString(" < " + name)
		}
		b.WriteString("\n")
	}
	return strings.TrimSpace(b.String())
}

func TestAssemble(t *testing.T) {
	const lib = "/lib>usr/lib /usr /usr/lib"
	for _, c := range []struct{ summary, disk, names, site, want string }{
		{"two things", lib, "", "file /lib/a\nfile /usr/lib/b", "file /lib/a\nfile /usr/lib/b"},
		{
			"two modules want one package", "", "",
			"package curl\npackage curl", "package curl = package curl",
		},
		{
			"one file by two folders", lib, "",
			"file /lib/f content=1\nfile /usr/lib/f content=1", "file /lib/f = file /usr/lib/f",
		},
		{
			"a file and a template that render the same", lib, "",
			"file /lib/f content=1\ntemplate t path=/usr/lib/f inline=1 vars=", "file /lib/f = template t",
		},
		{
			"whoever follows a link stands for what it leads to", "/g>f /f", "",
			"file /g content=1 follow=true\nfile /f content=1", "file /g = file /f",
		},
		{
			"a directory is where its path leads", lib, "",
			"directory /lib mode=0755\ndirectory /usr/lib mode=0755", "directory /lib = directory /usr/lib",
		},
		{
			"a package with and without its architecture", "", "package:x>package:x:amd64",
			"package x\npackage x:amd64\npackage x:i386", "package x = package x:amd64\npackage x:i386",
		},
		{
			"an owner by name and by number", "", "owner:0>owner:root",
			"file /f owner=root\nfile f path=/f owner=0", "file /f = file f",
		},
		{
			"a unit and its alias", "", "unit:alias.service>unit:real.service",
			"service alias running=true\nservice real running=true", "service alias = service real",
		},
		{
			"edges and notifications of both hold, each once", lib, "",
			"service s\nexec e command=x always=true\nexec g command=x always=true\nfile /lib/f content=1 notifies:0.restart after:1\nfile /usr/lib/f content=1 notifies:0.restart notifies:0.reload after:2\nexec x command=x always=true after:4",
			"service s < /lib/f\nexec e\nexec g\nfile /lib/f = file /usr/lib/f ! s.restart ! s.reload < e < g\nexec x < /lib/f",
		},
		{
			"one that is switched off says nothing", lib, "",
			"file /lib/f content=1 off\nfile /usr/lib/f content=2", "file /lib/f\nfile /usr/lib/f",
		},
		{
			"three of one", "/a>c /b>c /c", "",
			"file /a/f\nfile /b/f\nfile /c/f\nfile /c/g after:1", "file /a/f = file /b/f = file /c/f\nfile /c/g < /a/f",
		},
		{
			"a file comes after the folder that it lies in by another name", "/varrun>run /run", "",
			"file /varrun/app/f\ndirectory /run/app\ndirectory /run", "file /varrun/app/f < /run < /run/app\ndirectory /run/app < /run\ndirectory /run",
		},
		{
			"a file comes after declared links on its way, and after where they lead", "", "",
			"file /cur/f\nlink /cur target=next\nlink /next target=/srv/v2\ndirectory /srv/v2\ndirectory /srv",
			"file /cur/f < /cur < /next < /srv < /srv/v2\nlink /cur\nlink /next\ndirectory /srv/v2 < /srv\ndirectory /srv",
		},
		{
			"through a link that is there and one that is declared", "/a>b /b", "",
			"file /a/l/f\nlink /b/l target=/d\ndirectory /d", "file /a/l/f < /b/l < /d\nlink /b/l\ndirectory /d",
		},
		{
			"a directory that is reached through a declared link comes after it", "", "",
			"directory /cur\nlink /cur target=v2\ndirectory /v2 mode=0700", "refused",
		},
		{
			"a folder that a directory makes on the way, by another name", lib, "",
			"file /lib/x/y/f\ndirectory /usr/lib/x/y/z parents=true", "file /lib/x/y/f < /usr/lib/x/y/z\ndirectory /usr/lib/x/y/z",
		},
		{
			"what is removed by two names", lib, "",
			"directory /usr/lib/d ensure=absent\nfile /lib/d/f ensure=absent", "directory /usr/lib/d < /lib/d/f\nfile /lib/d/f",
		},
		{
			"a unit's file through a link is the unit's", "/units>/etc/systemd/system /etc /etc/systemd /etc/systemd/system", "",
			"service x\nfile /units/x.service content=1", "service x < /units/x.service\nfile /units/x.service",
		},
		{
			"a service by an alias comes after its unit's file", "", "unit:alias.service>unit:real.service",
			"service alias\nfile /etc/systemd/system/real.service content=1", "service alias < /etc/systemd/system/real.service\nfile /etc/systemd/system/real.service",
		},
	} {
		t.Run(strings.ReplaceAll(c.summary, " ", "_"), func(t *testing.T) {
			p := host(c.disk, c.names)
			rs := build(t, p, c.site)
			a, diags, err := Assemble(context.Background(), rs, p.names(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if c.want == "refused" {
				if !diags.HasErrors() {
					t.Fatalf("not refused: %s", short(a))
				}
				return
			}
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			if d := cmp.Diff(c.want, short(a)); d != "" {
				t.Error(d)
			}
		})
	}
}

// What says different things of one thing is refused, with both places and both
// spellings.
func TestAssembleRefuses(t *testing.T) {
	for _, c := range []struct{ summary, disk, names, site, want string }{
		{
			"by spelling alone", "", "", "file /f content=1\nfile a path=/f content=2",
			`file.a and file["/f"] (site.hcl:0) both stand for "/f", and say different things of it: they differ in content. Remove one of them, or give it another path; a part of a file that another block writes is a resource of the kind line, block or setting, and that other block then leaves content out.`,
		},
		{
			"through a link that is there", "/lnk>real /real", "", "file /lnk/f mode=0644\nfile /real/f mode=0600 owner=root",
			`file["/real/f"] and file["/lnk/f"] (site.hcl:0) both stand for "/real/f" (as "/lnk/f"), and say different things of it: they differ in mode, owner. Remove one of them, or give it another path; a part of a file that another block writes is a resource of the kind line, block or setting, and that other block then leaves content out.`,
		},
		{
			"by two wrong names", "/a>c /b>c /c", "", "file /a/f content=1\nfile /b/f content=2",
			`file["/b/f"] and file["/a/f"] (site.hcl:0) both stand for "/c/f" (as "/b/f" and "/a/f"), and say different things of it: they differ in content. Remove one of them, or give it another path; a part of a file that another block writes is a resource of the kind line, block or setting, and that other block then leaves content out.`,
		},
		{
			"another number", "", "group:0>group:root", "file /f group=root\nfile f path=/f group=5",
			`file.f and file["/f"] (site.hcl:0) both stand for "/f", and say different things of it: they differ in group. Remove one of them, or give it another path; a part of a file that another block writes is a resource of the kind line, block or setting, and that other block then leaves content out.`,
		},
		{
			"two kinds", "", "", "file /d content=1\ndirectory d path=/d",
			`directory.d and file["/d"] (site.hcl:0) both stand for "/d", and say different things of it: one is a file, the other a directory. Remove one of them, or give it another name.`,
		},
		{
			"a link in the place of a directory", "/t /t/rel>f /t/f", "", "file /t/f content=1\ndirectory /t/rel",
			`directory["/t/rel"] and file["/t/f"] (site.hcl:0) both stand for "/t/f" (as "/t/rel"), and say different things of it: one is a file, the other a directory. ` +
				`A directory is managed where a link in its place leads: remove the link "/t/rel" if it is to be a directory.`,
		},
		{
			"there and gone", "", "", "file /d content=1\nfile d path=/d ensure=absent",
			`file.d and file["/d"] (site.hcl:0) both stand for "/d", and say different things of it: they differ in content, ensure. Remove one of them, or give it another path; a part of a file that another block writes is a resource of the kind line, block or setting, and that other block then leaves content out.`,
		},
		{
			"two links, one behind the other", "", "", "link /cur target=a\nlink /cur/l target=1\nlink /a/l target=2",
			`link["/a/l"] and link["/cur/l"] (site.hcl:1) both stand for "/a/l" (as "/cur/l"), and say different things of it: they differ in target. Remove one of them, and put what both say into the other.`,
		},
		{
			"an alias", "", "unit:alias.service>unit:real.service", "service alias running=true\nservice real running=false",
			`service.real and service.alias (site.hcl:0) both stand for "real.service" (as "alias.service"), and say different things of it: they differ in running. Remove one of them, and put what both say into the other.`,
		},
		{
			"what a failure comes to", "", "", "package curl fails:stop\npackage curl",
			`package.curl and package.curl (site.hcl:0) both stand for "curl", and say different things of it: they differ in on_failure. Remove one of them, and put what both say into the other.`,
		},
		{
			"one wants more of it", "", "", "directory /d\ndirectory d path=/d mode=0700",
			`directory.d and directory["/d"] (site.hcl:0) both stand for "/d", and say different things of it: they differ in mode. Remove one of them, and put what both say into the other.`,
		},
	} {
		t.Run(strings.ReplaceAll(c.summary, " ", "_"), func(t *testing.T) {
			p := host(c.disk, c.names)
			_, diags, err := Assemble(context.Background(), build(t, p, c.site), p.names(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if len(diags) != 1 || diags[0].Detail != c.want {
				t.Errorf("got %v, want %s", diags, c.want)
			}
		})
	}
}

// Without a machine only what the manifest itself says is known: its spellings,
// and the links that it declares.
func TestAssembleWithoutAMachine(t *testing.T) {
	rs := build(t, nil, "file /lib/f content=1 owner=0\nfile /usr/lib/f content=2\nlink /cur target=lib\nfile /cur/f content=1 owner=root")
	a, diags, err := Assemble(context.Background(), rs, Names{}, nil)
	if err != nil || diags.HasErrors() {
		t.Fatal(diags, err)
	}
	if d := cmp.Diff("file /lib/f = file /cur/f < /cur\nfile /usr/lib/f\nlink /cur", short(a)); d != "" {
		t.Error(d)
	}
}

// Keys of other places are known by what they name: those of the ledger above all.
func TestIdentityNamesKeys(t *testing.T) {
	p := host("/lib>usr/lib /usr /usr/lib", "package:x>package:x:amd64 unit:a.service>unit:b.service user:old>user:new")
	rs := build(t, p, "file /usr/lib/f backup=.bak\npackage x:amd64\nservice b\nlink /cur target=/usr/lib\nfile /cur/g")
	a, diags, err := Assemble(context.Background(), rs, p.names(), []string{"package:x", "user:old", "service:a.service"})
	if err != nil || diags.HasErrors() {
		t.Fatal(diags, err)
	}
	for _, c := range []struct {
		key, want string
		declared  bool
	}{
		{"path:/lib/f", "path:/usr/lib/f", true},
		{"path:/lib/f.bak", "path:/usr/lib/f.bak", true},
		{"path:/cur/f", "path:/usr/lib/f", true},
		{"path:/lib/other", "path:/usr/lib/other", false},
		{"path:/lib", "path:/lib", false},
		{"path:/cur", "path:/cur", true},
		{"path:/lib/new/", "path:/usr/lib/new/", false},
		{"gone in:/lib", "gone in:/usr/lib", false},
		{"package:x", "package:x:amd64", true},
		{"package:y", "package:y", false},
		{"service:a.service", "service:b.service", true},
		{"user:old", "user:new", false},
		{"stow2:x:/opt", "stow2:x:/opt", false},
	} {
		if got := a.Identity.Key(c.key); got != c.want {
			t.Errorf("%s is %s, want %s", c.key, got, c.want)
		}
		if got := a.Identity.Declares(c.key); got != c.declared {
			t.Errorf("%s is declared: %v", c.key, got)
		}
	}
	if len(p.asked) != 1 || slices.Contains(p.asked[0], "path:/cur") || !slices.Contains(p.asked[0], "service:a.service") {
		t.Errorf("asked for %q", p.asked)
	}
	var none *Identity
	if got := none.Key("path:/lib/f"); got != "path:/lib/f" {
		t.Errorf("without identity it is %s", got)
	}
}

// Twenty thousand resources that are ten, many times over, are joined in one
// go: no step looks at all that were joined before.
func TestAssembleManyOfOne(t *testing.T) {
	p := host("", "")
	one := build(t, p, "exec e command=x\npackage curl notifies:0.run after:0")
	rs := []*resource.Resource{one[0]}
	for i := range 20_000 {
		r := *one[1]
		r.Addr.Name = fmt.Sprint("p", i)
		r.Want = resource.With(r.Want, "name", cty.StringVal(fmt.Sprint("p", i%10)))
		rs = append(rs, &r)
	}
	rs[0] = one[0]
	for _, r := range rs[1:] {
		r.DependsOn = nil
	}
	a, diags, err := Assemble(context.Background(), rs, Names{}, nil)
	if err != nil || diags.HasErrors() {
		t.Fatal(diags, err)
	}
	if len(a.Resources) != 11 || len(a.Resources[1].Also) != 1_999 || len(a.Resources[1].Notifies) != 1 {
		t.Errorf("%d resources are left, the first of %d", len(a.Resources), len(a.Resources[1].Also))
	}
}

// What lies in a folder that is mounted in two places is there by both names, for
// whoever purges; a link that the manifest leads through stays as well.
func TestPathsOfASite(t *testing.T) {
	for _, c := range []struct{ disk, site, want string }{
		{"/lib>usr/lib /usr /usr/lib", "file /lib/f\nfile /usr/lib/g backup=.bak", "/lib /usr/lib/f /usr/lib/g /usr/lib/g.bak"},
		{"/run=7 /var /var/run=7", "file /run/f\nfile /var/run/a/g", "/run/a/g /run/f /var/run/a/g /var/run/f"},
		{"/run=7 /var /var/run=7", "file /var/run/a/g\nfile /run/f\nfile /runner", "/run/a/g /run/f /runner /var/run/a/g /var/run/f"},
		{"", "link /cur target=v1\nfile /cur/f\ndirectory /d parents=true\nservice x\nfile /off off", "/cur /d /off /v1/f"},
	} {
		p := host(c.disk, "")
		a, diags, err := Assemble(context.Background(), build(t, p, c.site), p.names(), nil)
		if err != nil || diags.HasErrors() {
			t.Fatal(diags, err)
		}
		got := a.Identity.Paths()
		slices.Sort(got)
		if d := cmp.Diff(c.want, strings.Join(slices.Compact(got), " ")); d != "" {
			t.Errorf("%s: %s", c.site, d)
		}
	}
}
