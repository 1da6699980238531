package debconf

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// wanted returns a resource of answers.
func wanted(t testing.TB, p *Provider, declared map[string]cty.Value) *resource.Resource {
	t.Helper()
	r, err := resourcetest.Build(resources.Debconf(p), &resourcetest.World{}, "x", declared)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func change(t testing.TB, p *Provider, declared map[string]cty.Value) resource.Change {
	t.Helper()
	p.Invalidate(nil)
	r := wanted(t, p, declared)
	have, err := p.Observe(t.Context(), r.Want)
	if err != nil {
		t.Fatal(err)
	}
	return resource.Diff(r, have)
}

func apply(t testing.TB, p *Provider, cs ...resource.Change) {
	t.Helper()
	for i, err := range p.ApplyAll(t.Context(), cs, resource.Forecast{}).Errs {
		if err != nil {
			t.Fatalf("%d: %v", i, err)
		}
	}
}

func TestChoicesAreASet(t *testing.T) {
	p, l, _ := machine(t)
	for _, c := range []struct {
		value cty.Value
		same  bool
	}{
		{cty.TupleVal([]cty.Value{text("b"), text("a")}), true},
		{text("b, a"), true},
		{text("b,  a, b"), true},
		{text("b,a"), false}, // one choice
		{cty.TupleVal([]cty.Value{text("a")}), false},
	} {
		got := change(t, p, attrs("other", "shared/list", answer("multiselect", c.value)))
		if got.Empty() != c.same {
			t.Errorf("%#v: %s", c.value, got.Action)
		}
	}
	if c := change(t, p, attrs("other", "other/q", answer("string", text("b, a")))); c.Empty() {
		t.Error("the order counts in a string")
	}
	if len(l.runs) > 0 {
		t.Errorf("looking started %q", l.runs)
	}
}

// One run of the library serves all packages.
func TestOneRunForAll(t *testing.T) {
	p, l, _ := machine(t)
	var cs []resource.Change
	for _, name := range []string{"a", "b", "c"} {
		cs = append(cs, change(t, p, attrs(name, name+"/q", answer("string", text(name)))))
	}
	apply(t, p, cs...)
	if len(l.runs) != 1 {
		t.Errorf("%d runs: %q", len(l.runs), l.runs)
	}
	for _, c := range cs {
		if have, err := p.Observe(t.Context(), c.Want); err != nil || resource.Diff(&resource.Resource{Kind: c.Kind, Want: c.Want}, have).Action != resource.None {
			t.Errorf("%v %v", have, err)
		}
	}
}

// The first password of a package that is installed already is a change, whose value is
// secret; once converge has given it, a missing one counts as given.
func TestFirstPasswordIsAChange(t *testing.T) {
	p, _, installed := machine(t)
	installed["db"] = true
	var given resources.DebconfPasts
	known := false
	p.answers.recorded = func(string) (resources.DebconfPasts, bool) { return given, known }
	declared := attrs("db", "db/pw", answer("password", text("hunter2")))
	for _, c := range []struct {
		given  resources.DebconfPasts
		known  bool
		change bool
	}{
		{nil, false, true},
		{resources.DebconfPasts{"db/other": {}}, true, true}, // another question of it
		{resources.DebconfPasts{"db/pw": {}}, true, false},
		{nil, true, false}, // the record is not kept any more
	} {
		given, known = c.given, c.known
		got := change(t, p, declared)
		if got.Empty() == c.change || c.change && !got.Attrs[0].Secret {
			t.Errorf("%v, %v: %s %v", c.given, c.known, got.Action, got.Attrs)
		}
	}
	given, known = nil, false
	apply(t, p, change(t, p, declared))
	if c := change(t, p, declared); !c.Empty() {
		t.Errorf("once it is given: %s", c.Action)
	}
}

func TestForgottenPasswordCountsAsGiven(t *testing.T) {
	p, l, installed := machine(t)
	declared := attrs("db", "db/pw", answer("password", text("hunter2")))
	apply(t, p, change(t, p, declared))
	for _, then := range []func(testing.TB, *resourcetest.World){
		replace("passwords", "Value: hunter2\n", "Value: \n"), // as by db_reset
		replace("passwords", "Name: db/pw\nTemplate: db/pw\nValue: \nOwners: db\nFlags: seen\n\n", ""),
	} {
		then(t, worldOf(l.root, p))
		if c := change(t, p, declared); c.Empty() {
			t.Error("it is missing, and the package is not installed: it is not given")
		}
		installed["db"] = true
		if c := change(t, p, declared); !c.Empty() {
			t.Errorf("the package has used it: %s", c.Action)
		}
		delete(installed, "db")
	}
	put(t, l.root+"/var/cache/debconf/passwords.dat", "Name: db/pw\nTemplate: db/pw\nValue: hunter3\nOwners: db\n\n")
	installed["db"] = true
	if c := change(t, p, declared); c.Empty() || !c.Attrs[0].Secret {
		t.Error("another password is a difference, and not for showing")
	}
}

func TestReview(t *testing.T) {
	p, _, installed := machine(t)
	ask := func(c resource.Change) resource.Review {
		return p.Review(t.Context(), c, resource.Outlook{Ask: resource.AskForecast})
	}
	wrong := change(t, p, attrs("other", "other/q", answer("select", text("y")), "shared/list", answer("string", text("y")), "other/new", answer("string", text("y"))))
	const want = "cannot answer the questions of other: other/q is of the type string, and not select; shared/list is of the type multiselect, and not string"
	if r := ask(wrong); r.Blocked == nil || r.Blocked.Error() != want {
		t.Error(r.Blocked)
	}
	if errs := p.ApplyAll(t.Context(), []resource.Change{wrong}, resource.Forecast{}).Errs; errs[0] == nil || errs[0].Error() != want {
		t.Error(errs)
	}
	c := change(t, p, attrs("other", "other/q", answer("string", text("y"))))
	if r := ask(c); r.Blocked != nil || r.Notes != nil {
		t.Errorf("%+v", r)
	}
	installed["other"] = true
	if r := ask(c); r.Blocked != nil || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "other is configured already") {
		t.Errorf("%+v", r)
	}
}

// A question that was declared with another type, and that no package has brought, becomes
// what is declared now: a password is not left where everybody can read it.
func TestStandinChangesItsType(t *testing.T) {
	p, l, _ := machine(t)
	apply(t, p, change(t, p, attrs("db", "db/pw", answer("string", text("hunter2")))))
	apply(t, p, change(t, p, attrs("db", "db/pw", answer("password", text("hunter3")))))
	if got := dump(t, l.root, false); strings.Contains(got, "hunter2") || !strings.Contains(got, "passwords:\nName: db/pw\nTemplate: db/pw\nValue: hunter3\n") {
		t.Error(got)
	}
}

func TestLockedDatabaseIsWaitedFor(t *testing.T) {
	p, l, _ := machine(t)
	l.refuses = 2
	apply(t, p, change(t, p, attrs("a", "a/q", answer("string", text("x")))))
	if len(l.runs) != 3 {
		t.Errorf("%d runs", len(l.runs))
	}
	l.refuses = 1 << 30
	p.answers.host.Patience = time.Nanosecond
	errs := p.ApplyAll(t.Context(), []resource.Change{change(t, p, attrs("a", "a/q", answer("string", text("y"))))}, resource.Forecast{}).Errs
	if errs[0] == nil || !strings.Contains(errs[0].Error(), "cannot write the answers to questions of packages: ") || !strings.Contains(errs[0].Error(), "is locked by another process") {
		t.Error(errs[0])
	}
}

func TestReconfigure(t *testing.T) {
	p, l, installed := machine(t)
	w := wanted(t, p, attrs("db", "db/q", answer("string", text("x"))))
	since := resource.Instant{Wall: time.Unix(100, 0)}
	unpacked := time.Unix(50, 0)
	p.answers.configured = func(name string) (time.Time, bool, error) { return unpacked, installed[name], nil }
	for _, c := range []struct {
		installed bool
		unpacked  int64
		paid      bool
	}{{false, 50, true}, {true, 50, false}, {true, 150, true}} {
		installed["db"], unpacked = c.installed, time.Unix(c.unpacked, 0)
		if paid, err := p.Satisfied(t.Context(), w.Want, "reconfigure", since); paid != c.paid || err != nil {
			t.Errorf("%+v: %v %v", c, paid, err)
		}
	}
	if err := p.Act(t.Context(), w.Want, "reconfigure"); err != nil {
		t.Fatal(err)
	}
	if err := p.Act(t.Context(), w.Want, "restart"); err == nil {
		t.Error("there is no such action")
	}
	if got := strings.Join(l.runs, "; "); got != "dpkg-reconfigure" {
		t.Error(got)
	}
}

func TestWhatCannotBeRead(t *testing.T) {
	stack := strings.Replace(configuration, "Stack: config, passwords", "Stack: config, more", 1)
	for name, c := range map[string]struct {
		do      func(t *testing.T, root string)
		want    string
		missing bool
	}{
		"no debconf": {func(t *testing.T, root string) { remove(t, root+"/etc/debconf.conf") }, "this system has no debconf, which belongs to Debian and its derivatives; when = node.os.family == \"debian\" leaves the answers out elsewhere", false},
		"not yet": {func(t *testing.T, root string) {
			remove(t, root+"/etc/debconf.conf")
			put(t, root+"/var/lib/dpkg/status", "")
		}, "the package debconf is not installed", true},
		"killed while it wrote": {func(t *testing.T, root string) {
			if err := os.Rename(root+"/var/cache/debconf/config.dat", root+"/var/cache/debconf/config.dat-old"); err != nil {
				t.Fatal(err)
			}
		}, "config.dat-old is there, so a program was killed while it wrote them; rename that file back", false},
		"another driver": {func(t *testing.T, root string) {
			put(t, root+"/etc/debconf.conf", stack+"\nName: more\nDriver: LDAP\n")
		}, `/etc/debconf.conf: converge cannot read the database "more": it is no file of debconf's own format (driver LDAP)`, false},
	} {
		t.Run(name, func(t *testing.T) {
			p, l, _ := machine(t)
			c.do(t, l.root)
			_, err := p.Observe(t.Context(), wanted(t, p, attrs("a", "a/q", answer("string", text("x")))).Want)
			if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, resource.ErrMissing) != c.missing {
				t.Error(err)
			}
		})
	}
}

func remove(t *testing.T, at string) {
	t.Helper()
	if err := os.Remove(at); err != nil {
		t.Fatal(err)
	}
}

func TestCapturedDatabase(t *testing.T) {
	_, l, _ := machine(t)
	for _, file := range []string{"config.dat", "templates.dat"} {
		data, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(l.root, "var/cache/debconf", file), string(data))
	}
	db, err := readDatabase(openTree(t, l.root))
	if err != nil {
		t.Fatal(err)
	}
	areas := db.questions["tzdata/Areas"]
	if len(db.questions) != 76 || areas.value == nil || *areas.value != "Etc" || !areas.seen || !areas.isOwnedBy("tzdata") || areas.template != "tzdata/Areas" {
		t.Errorf("%d questions, %+v", len(db.questions), areas)
	}
	templates, err := db.templates()
	if err != nil || templates["man-db/auto-update"].typ != "boolean" || templates["tzdata/Areas"].isStandin() {
		t.Errorf("%+v %v", templates, err)
	}
}
