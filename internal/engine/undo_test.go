package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/engine"
	"converge/internal/engine/assembly"
	"converge/internal/fsys"
	"converge/internal/journal"
	"converge/internal/providers/accounts"
	"converge/internal/providers/files"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/internal/testhost"
	"converge/internal/userdb"
	"converge/resources"
)

// shop is a package manager with opinions of its own: asked for a package it
// does all that its two lists say.
type shop struct {
	has      map[string]string            // name → version
	forecast map[string]map[string]string // asked for → what else it says it will do; "" removes
	does     map[string]map[string]string // asked for → what else it really does
	fails    bool
}

func (s *shop) Observe(_ context.Context, want cty.Value) (cty.Value, error) {
	return s.describe(resource.StringAttr(want, "name")), nil
}

func (s *shop) describe(name string) cty.Value {
	v, ok := s.has[name]
	if !ok {
		return resource.Absent
	}
	return pkgVal(name, v)
}

func pkgVal(name, version string) cty.Value {
	if version == "" {
		return cty.ObjectVal(resourcetest.Attrs("name", name, "ensure", "absent"))
	}
	return cty.ObjectVal(resourcetest.Attrs("name", name, "ensure", "present", "version", version))
}

func (s *shop) Apply(ctx context.Context, c resource.Change) error {
	return s.ApplyAll(ctx, []resource.Change{c}, resource.Forecast{}).Err(0)
}

func (s *shop) Solve(_ context.Context, cs []resource.Change, _ iter.Seq[resource.Change]) (resource.Forecast, error) {
	f := resource.Forecast{Changes: cs}
	for _, c := range cs {
		for name, version := range s.forecast[c.Addr.Name] {
			f.Also = append(f.Also, s.also(name, version))
		}
	}
	slices.SortFunc(f.Also, func(a, b resource.Change) int { return a.Addr.Compare(b.Addr) })
	return f, nil
}

func (s *shop) also(name, version string) resource.Change {
	c := resource.Change{
		Addr: resource.Addr{Kind: "package", Name: name}, Key: "package:" + name, Undeclared: true,
		Action: resource.Update, Have: s.describe(name), Want: pkgVal(name, version),
	}
	switch {
	case c.Have.IsNull():
		c.Action = resource.Create
	case version == "":
		c.Action = resource.Delete
	}
	return c
}

func (s *shop) ApplyAll(_ context.Context, cs []resource.Change, _ resource.Forecast) (out resource.Outcome) {
	for _, c := range cs {
		if s.fails {
			out.Errs = append(out.Errs, errors.New("out of stock"))
			continue
		}
		for name, version := range s.does[c.Addr.Name] {
			out.Also = append(out.Also, s.also(name, version))
			s.set(name, version)
		}
		s.set(c.Addr.Name, resource.StringAttr(c.Want, "version"))
	}
	return out
}

func (s *shop) set(name, version string) {
	if s.has[name] = version; version == "" {
		delete(s.has, name)
	}
}

// host is a tree with a state folder, and what changes it.
type host struct {
	t     *testing.T
	root  string
	state *journal.State
	shop  *shop
	kinds map[string]*resource.Kind
}

func newHost(t *testing.T, given ...string) *host {
	t.Helper()
	h := &host{t: t, root: t.TempDir(), shop: &shop{}}
	me := fmt.Sprintf("%d:%d", os.Getuid(), os.Getgid())
	for _, line := range append([]string{
		"f /etc/passwd 0644 me:x:" + me + "::/:/bin/sh\n", "f /etc/group 0644 mine:x:" + fmt.Sprint(os.Getgid()) + ":\n",
	}, given...) {
		h.make(line)
	}
	var err error
	if h.state, err = journal.Open(t.Context(), filepath.Join(t.TempDir(), "state"), journal.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.state.Close() })
	return h
}

// make makes "f PATH MODE CONTENT", "d PATH MODE" or "l PATH TARGET".
func (h *host) make(line string) {
	h.t.Helper()
	f := strings.SplitN(line, " ", 4)
	path := h.root + f[1]
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	var mode uint32
	fmt.Sscanf(f[2], "%o", &mode)
	switch f[0] {
	case "f":
		err = errors.Join(err, os.WriteFile(path, []byte(f[3]), 0o600), syscall.Chmod(path, mode))
	case "d":
		err = errors.Join(err, os.MkdirAll(path, 0o755), syscall.Chmod(path, mode))
	case "l":
		err = errors.Join(err, os.Symlink(f[2], path))
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

// equip makes the kinds, for a run of that name.
func (h *host) equip(run string, declared ...string) {
	h.t.Helper()
	fs, err := fsys.Open(h.root)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { fs.Close() })
	users := userdb.New(h.root)
	p := files.New(files.Options{FS: fs, Accounts: users, RunID: run, Keep: h.state, Ledger: h.state})
	p.Declare(files.Site{Paths: declared})
	people := accounts.New(fs, users, accounts.Options{})
	h.kinds = map[string]*resource.Kind{
		"file": resources.File(p), "directory": resources.Directory(p), "link": resources.Link(p),
		"user": resources.User(people.Users()), "group": resources.Group(people.Groups()), "package": resources.Package(h.shop),
	}
}

// declared is one resource of a site in a few words.
type declared struct {
	kind, name string
	attrs      map[string]cty.Value
}

func (h *host) apply(site ...declared) *journal.RunDetail {
	h.t.Helper()
	run, err := h.state.Start(h.t.Context(), journal.RunInfo{})
	if err != nil {
		h.t.Fatal(err)
	}
	h.equip(run.ID)
	var rs []*resource.Resource
	for _, d := range site {
		r, err := resourcetest.Build(h.kinds[d.kind], &resourcetest.World{}, d.name, d.attrs)
		if err != nil {
			h.t.Fatal(err)
		}
		rs = append(rs, r)
	}
	a, diags, err := assembly.Assemble(h.t.Context(), rs, assembly.Names{}, nil)
	if err != nil || diags.HasErrors() {
		h.t.Fatal(err, diags)
	}
	o := engine.Options{Resources: a.Resources, Graph: a.Graph, Journal: run, Run: run.ID}
	p, err := engine.Plan(h.t.Context(), o)
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := engine.Apply(h.t.Context(), o, p); err != nil {
		h.t.Fatal(err)
	}
	if err := run.Finish(h.t.Context(), 0, journal.Counts{}); err != nil {
		h.t.Fatal(err)
	}
	d, err := h.state.Detail(run.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	return d
}

// before shows steps as "ADDRESS ACTION STATE BEFORE", with the kept content in
// the place of its digest; lost where it is not kept.
func (h *host) before(d *journal.RunDetail) []string {
	h.t.Helper()
	var out []string
	for _, s := range d.Steps {
		var v any
		if err := json.Unmarshal(s.Before, &v); err != nil {
			h.t.Fatal(err)
		}
		also := ""
		if s.Also {
			also = "also "
		}
		out = append(out, fmt.Sprintf("%s%s %s %s%s", also, s.Addr, s.Action, s.State, h.show(v)))
	}
	return out
}

func (h *host) show(v any) string {
	m, ok := v.(map[string]any)
	if !ok {
		return ""
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(m)) {
		val := fmt.Sprint(m[name])
		if c, ok := m[name].(map[string]any); ok {
			val = "(sensitive)"
			if of, ok := c["$content"].(map[string]any); ok {
				val = h.kept(of["digest"].(string))
			}
		}
		if name != "path" && name != "name" && name != "ensure" {
			fmt.Fprintf(&b, " %s=%s", name, val)
		}
	}
	return b.String()
}

func (h *host) kept(digest string) string {
	blob, err := h.state.Kept(digest)
	if err != nil {
		return "lost"
	}
	r, err := blob.Open()
	if err != nil {
		h.t.Fatal(err)
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	if err != nil {
		h.t.Fatal(err)
	}
	if !strings.HasPrefix(string(text), "{") {
		return fmt.Sprintf("%q", text)
	}
	var lines []string // a listing
	for line := range strings.Lines(string(text)) {
		var e struct{ Path, Type, Mode, Owner, Group, Target, Digest string }
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			h.t.Fatal(err)
		}
		if e.Digest != "" {
			e.Digest = h.kept(e.Digest)
		}
		lines = append(lines, strings.Join(strings.Fields(fmt.Sprint(e.Path, " ", e.Type, " ", e.Mode, " ", e.Owner, ":", e.Group, " ", e.Target, e.Digest)), " "))
	}
	return "[" + strings.Join(lines, ", ") + "]"
}

// past is one thing before a change, the change, and what the journal must say.
type past struct {
	summary string
	given   []string
	kind    func(resource.Provider) *resource.Kind
	attrs   map[string]cty.Value
	want    string
}

func filePasts() []past {
	attrs := resourcetest.Attrs
	return []past{
		{
			summary: "file created", kind: resources.File, attrs: attrs("path", "/x", "content", "new"), want: "create done",
		},
		{
			summary: "file updated: what is not managed is told too", given: []string{"f /x 4710 old"},
			kind: resources.File, attrs: attrs("path", "/x", "content", "new", "mode", "g+x"),
			want: `update done content="old" group=mine mode=4710 owner=me type=file`,
		},
		{
			summary: "file deleted", given: []string{"f /x 0604 old"},
			kind: resources.File, attrs: attrs("path", "/x", "ensure", "absent"),
			want: `delete done content="old" group=mine mode=0604 owner=me type=file`,
		},
		{
			summary: "file in the place of a link", given: []string{"l /x some/where"},
			kind: resources.File, attrs: attrs("path", "/x", "content", "new", "force", true),
			want: `update done group=mine owner=me target=some/where type=link`,
		},
		{
			summary: "file through a link", given: []string{"f /real 0640 old", "l /x real"},
			kind: resources.File, attrs: attrs("path", "/x", "content", "new", "follow", true),
			want: `update done content="old" group=mine mode=0640 owner=me type=file`,
		},
		{
			summary: "sensitive file updated", given: []string{"f /x 0600 old"},
			kind: resources.File, attrs: attrs("path", "/x", "content", "new", "sensitive", true),
			want: `update done content="old" group=mine mode=0600 owner=me type=file`,
		},
		{
			summary: "link created", kind: resources.Link, attrs: attrs("path", "/x", "target", "y"), want: "create done",
		},
		{
			summary: "link updated", given: []string{"l /x old"}, kind: resources.Link, attrs: attrs("path", "/x", "target", "y"),
			want: "update done group=mine owner=me target=old type=link",
		},
		{
			summary: "link deleted", given: []string{"l /x old"}, kind: resources.Link, attrs: attrs("path", "/x", "ensure", "absent"),
			want: "delete done group=mine owner=me target=old type=link",
		},
		{
			summary: "link in the place of a file", given: []string{"f /x 0711 old"},
			kind: resources.Link, attrs: attrs("path", "/x", "target", "y", "force", true),
			want: `update done content="old" group=mine mode=0711 owner=me type=file`,
		},
	}
}

func directoryPasts() []past {
	attrs := resourcetest.Attrs
	return []past{
		{
			summary: "directory created", kind: resources.Directory, attrs: attrs("path", "/x"), want: "create done",
		},
		{
			summary: "directory updated", given: []string{"d /x 1750"}, kind: resources.Directory, attrs: attrs("path", "/x", "mode", "0700"),
			want: "update done differing=[] group=mine mode=1750 owner=me type=directory undeclared=[]",
		},
		{
			summary: "directory deleted", given: []string{"d /x 2750"}, kind: resources.Directory, attrs: attrs("path", "/x", "ensure", "absent"),
			want: "delete done group=mine mode=2750 owner=me type=directory",
		},
		{
			summary: "directory deleted with all that is in it", given: []string{"d /x 0750", "f /x/a 0604 old", "l /x/l a", "d /x/sub 0700", "f /x/sub/b 0600 older"},
			kind: resources.Directory, attrs: attrs("path", "/x", "ensure", "absent", "purge", true),
			want: `delete done below=[/x/a file 0604 me:mine "old", /x/l link me:mine a, /x/sub directory 0700 me:mine, /x/sub/b file 0600 me:mine "older"] group=mine mode=0750 owner=me type=directory`,
		},
		{
			summary: "directory purged", given: []string{"d /x 0755", "f /x/a 0604 old", "d /x/sub 0700", "f /x/sub/b 0600 older"},
			kind: resources.Directory, attrs: attrs("path", "/x", "purge", true),
			want: `update done below=[/x/a file 0604 me:mine "old", /x/sub directory 0700 me:mine, /x/sub/b file 0600 me:mine "older"] differing=[] group=mine mode=0755 owner=me type=directory undeclared=[/x/a /x/sub]`,
		},
		{
			summary: "directory and all below given other permissions", given: []string{"d /x 0755", "f /x/a 0604 same", "f /x/b 0640 same"},
			kind: resources.Directory, attrs: attrs("path", "/x", "mode", "0750", "recurse", true),
			want: `update done below=[/x/a file 0604 me:mine] differing=[/x/a] group=mine mode=0755 owner=me type=directory undeclared=[]`,
		},
	}
}

// The journal holds of everything that is replaced or removed what it takes
// to put it back, whether the manifest managed it or not.
func TestUndoOfFiles(t *testing.T) {
	for _, c := range slices.Concat(filePasts(), directoryPasts()) {
		t.Run(c.summary, func(t *testing.T) {
			h := newHost(t, c.given...)
			k := c.kind(nil)
			got := h.before(h.apply(declared{k.Name, "it", c.attrs}))
			if d := cmp.Diff([]string{k.Name + ".it " + c.want}, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// What a transaction brings along stands in the journal with the versions
// before: as expected, not come true, and unexpected.
func TestUndoOfPackages(t *testing.T) {
	site := []declared{
		{"package", "asked", resourcetest.Attrs("name", "asked", "version", "2")},
		{"package", "gone", resourcetest.Attrs("name", "gone", "ensure", "absent")},
	}
	has := map[string]string{"asked": "1", "gone": "5", "old": "3", "lib": "7"}
	expected := map[string]string{"lib": "8", "new": "1", "old": ""}
	for _, c := range []struct {
		summary string
		does    map[string]string
		fails   bool
		want    []string
	}{
		{summary: "as expected", does: expected, want: []string{
			"package.asked update done version=1", "package.gone delete done version=5",
			"also package.lib update done version=7", "also package.new create done", "also package.old delete done version=3",
		}},
		{summary: "otherwise", does: map[string]string{"lib": "9", "new": "1", "more": "4"}, want: []string{
			"package.asked update done version=1", "package.gone delete done version=5",
			"also package.lib update same version=7", "also package.new create done", "also package.old delete same version=3",
			"also package.lib update done version=7", "also package.more create done",
		}},
		{summary: "not at all", fails: true, want: []string{
			"package.asked update same version=1", "package.gone delete same version=5",
			"also package.lib update same version=7", "also package.new create same", "also package.old delete same version=3",
		}},
	} {
		t.Run(c.summary, func(t *testing.T) {
			h := newHost(t)
			h.shop.has, h.shop.fails = maps.Clone(has), c.fails
			h.shop.forecast = map[string]map[string]string{"asked": expected}
			h.shop.does = map[string]map[string]string{"asked": c.does}
			got := h.before(h.apply(site...))
			unexpected := got[min(5, len(got)):]
			slices.Sort(unexpected) // of a map
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
			if o := h.state.Orphans(func(string) bool { return false }); len(o) > 0 {
				t.Errorf("converge has not made %v", o)
			}
		})
	}
}

// needTools skips where the shadow tools cannot be run on a tree.
func needTools(t *testing.T) {
	t.Helper()
	why := ""
	if os.Geteuid() != 0 {
		why = "only root can change users of a tree"
	} else if _, err := os.Stat("/usr/sbin/userdel"); err != nil {
		why = "there is no userdel"
	}
	if why != "" {
		testhost.Cannot(t, why)
	}
}

func TestUndoOfAccounts(t *testing.T) {
	needTools(t)
	given := []string{
		"f /etc/passwd 0644 root:x:0:0::/root:/bin/sh\nann:x:1001:1001:Ann,,:/home/ann:/bin/bash\nbob:x:1002:50::/home/bob:/bin/sh\n",
		"f /etc/group 0644 root:x:0:\nann:x:1001:\nstaff:x:50:ann\ncrew:x:300:ann,bob\nadm:x:4:ann\n",
		"f /etc/shadow 0600 root:*:19000::::::\nann:!$6$hash:19000:0:99999:7::20000:\nbob:$6$other:19000::::::\n",
		"f /etc/gshadow 0600 root:*::\nann:!::\nstaff:!::ann\ncrew:!::ann,bob\nadm:!::ann\n",
		"f /etc/login.defs 0644 USERGROUPS_ENAB yes\n",
	}
	h := newHost(t, given...)
	got := h.before(h.apply(
		declared{"user", "ann", resourcetest.Attrs("name", "ann", "ensure", "absent")},
		declared{"user", "bob", resourcetest.Attrs("name", "bob", "shell", "/bin/false", "password", "$6$new")},
		declared{"group", "crew", resourcetest.Attrs("name", "crew", "ensure", "absent")},
	))
	slices.Sort(got)
	want := []string{
		"group.crew delete done gid=300 members=[ann bob]",
		`user.ann delete done comment=Ann,, expires=2024-10-04 gid=1001 group=ann groups=[adm crew staff] home=/home/ann inactive_days=-1 locked=true max_days=99999 min_days=0 password="$6$hash" shell=/bin/bash uid=1001 warn_days=7`,
		`user.bob update done comment= home=/home/bob password="$6$other" shell=/bin/sh uid=1002`,
	}
	if got[0] == "group.crew delete done gid=300 members=[bob]" { // the user went first
		got[0] = want[0]
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
