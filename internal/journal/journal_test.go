package journal

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/engine"
	"converge/internal/notify"
	"converge/internal/resource"
	"converge/resources"
)

var _ engine.Journal = (*Run)(nil)

func addr(s string) resource.Addr {
	a, err := resource.ParseAddr(s)
	if err != nil {
		panic(err)
	}
	return a
}

func at(seconds int) resource.Instant {
	return resource.Instant{Boot: "boot", Mono: time.Duration(seconds) * time.Second, Wall: time.Unix(int64(seconds), 0).UTC()}
}

func open(t testing.TB, dir string) *State {
	t.Helper()
	s, err := Open(context.Background(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func start(t testing.TB, s *State, id string) *Run {
	t.Helper()
	r, err := s.Start(context.Background(), RunInfo{ID: id, Manifest: "site", Version: "1.0"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// file is a change that creates /etc/NAME with its name as content.
func file(name string) resource.Change {
	return resource.Change{
		Kind: resources.File(nil),
		Addr: resource.Addr{Kind: "file", Name: name}, Action: resource.Create, Key: "path:/etc/" + name,
		Have: resource.Absent,
		Want: cty.ObjectVal(map[string]cty.Value{
			"path": cty.StringVal("/etc/" + name), "content": resource.BlobVal(resource.BytesBlob([]byte(name))),
		}),
	}
}

func debt(target, verb, cause, run string) notify.Debt {
	return notify.Debt{Target: addr(target), Verb: verb, Cause: addr(cause), Run: run, Since: resource.Instant{Boot: "boot", Wall: time.Unix(1, 0).UTC()}}
}

// script carries out the lines on a run: "begin x y" with a restart of service.NAME owed by each, "done x 7", "failed x
// 7", "same x 7", "paid x", "finish".
func script(t testing.TB, r *Run, lines string) {
	t.Helper()
	ctx := context.Background()
	for line := range strings.Lines(lines) {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		var err error
		switch n := 0; f[0] {
		case "begin":
			var cs []resource.Change
			var owes []notify.Debt
			for _, name := range f[1:] {
				cs = append(cs, file(name))
				owes = append(owes, debt("service."+name, "restart", "file."+name, r.ID))
			}
			err = r.Begin(ctx, cs, owes)
		case "done", "failed", "same":
			fmt.Sscan(f[2], &n)
			var failure error
			c := file(f[1])
			switch f[0] {
			case "failed":
				failure = errors.New("no luck")
			case "same":
				c.Action = resource.None
			}
			err = r.Done(ctx, c, at(n), failure)
		case "paid":
			err = r.Settled(ctx, notify.Settled{Owners: []notify.Owner{{Target: addr("service." + f[1])}}, Verb: "restart"})
		case "finish":
			err = r.Finish(ctx, 0, Counts{Changed: 1})
		default:
			t.Fatalf("no such line: %s", line)
		}
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
}

// dumpDebts formats debts as "service.x<file.a@7 …", with "?" for an unknown moment.
func dumpDebts(ds []notify.Debt) string {
	var out []string
	for _, d := range ds {
		when := fmt.Sprint(d.Since.Mono.Seconds())
		if d.Since.Mono == 0 {
			when = "?"
		}
		out = append(out, fmt.Sprintf("%s<%s@%s", d.Target, d.Cause, when))
	}
	return strings.Join(out, " ")
}

func dumpKilled(ks []Killed) string {
	var out []string
	for _, k := range ks {
		s := k.Run + ":"
		for _, b := range k.Begun {
			s += " " + b.Addr.String()
		}
		out = append(out, s+" in "+strings.Join(k.Dirs, ","))
	}
	return strings.Join(out, "; ")
}

// The memory after runs of which any may be killed: one without "finish" is closed like the kernel would.
func TestOwedAndRecovered(t *testing.T) {
	for _, c := range []struct {
		summary, owed, killed string
		runs                  []string
	}{
		{summary: "a run that ended and paid", runs: []string{"begin x\ndone x 7\npaid x\nfinish"}},
		{summary: "done, not paid, ended", runs: []string{"begin x\ndone x 7\nfinish"}, owed: "service.x<file.x@7"},
		{summary: "done, not paid, killed", runs: []string{"begin x\ndone x 7"}, owed: "service.x<file.x@7", killed: "r1: in "},
		{summary: "killed in between", runs: []string{"begin x y\ndone y 7"}, owed: "service.x<file.x@? service.y<file.y@7", killed: "r1: file.x in /etc"},
		{summary: "a failed change's debt stands", runs: []string{"begin x\nfailed x 7\nfinish"}, owed: "service.x<file.x@7"},
		{summary: "ended in between (interrupted)", runs: []string{"begin x\nfinish"}, owed: "service.x<file.x@?"},
		{summary: "came to nothing", runs: []string{"begin x y\nsame x 7\ndone y 8\nfinish"}, owed: "service.y<file.y@8"},
		{summary: "came to nothing, killed", runs: []string{"begin x\nsame x 7"}, killed: "r1: in "},
		{
			summary: "a second change came to nothing, the first did not", runs: []string{"begin x\ndone x 2\nbegin x\nsame x 7\nfinish"},
			owed: "service.x<file.x@7",
		},
		{
			summary: "came to nothing in this run, not in the last", runs: []string{"begin x\ndone x 2\nfinish", "begin x\nsame x 7\nfinish"},
			owed: "service.x<file.x@2",
		},
		{
			summary: "the next run pays", runs: []string{"begin x y\ndone x 7\ndone y 8\nfinish", "paid x\nfinish"},
			owed: "service.y<file.y@8",
		},
		{
			summary: "killed, then the next run pays and is killed", runs: []string{"begin x y\ndone x 7", "paid x"},
			owed: "service.y<file.y@?", killed: "r1: file.y in /etc; r2: in ",
		},
		{
			summary: "killed thrice, then one that does nothing ends", runs: []string{"begin x", "begin y", "begin z\ndone z 3", "finish"},
			owed: "service.x<file.x@? service.y<file.y@? service.z<file.z@3",
		},
		{
			summary: "killed, closed without doing anything", runs: []string{"begin x", ""},
			owed: "service.x<file.x@?", killed: "r1: file.x in /etc",
		},
		{
			summary: "owed again after it was paid", runs: []string{"begin x\ndone x 2\npaid x\nbegin x\ndone x 5\nfinish"},
			owed: "service.x<file.x@5",
		},
		{
			summary: "begun again: the moment is unknown again", runs: []string{"begin x\ndone x 2\nbegin x"},
			owed: "service.x<file.x@?", killed: "r1: file.x in /etc",
		},
	} {
		t.Run(c.summary, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "state")
			for i, lines := range c.runs {
				s := open(t, dir)
				script(t, start(t, s, fmt.Sprintf("r%d", i+1)), lines)
				s.Close()
			}
			for _, readOnly := range []bool{true, false} {
				s, err := Open(context.Background(), dir, Options{ReadOnly: readOnly})
				if err != nil {
					t.Fatal(err)
				}
				if got := dumpDebts(s.Owed()); got != c.owed {
					t.Errorf("owed: %s, want %s", got, c.owed)
				}
				if got := dumpKilled(s.Recovered()); got != c.killed {
					t.Errorf("killed: %s, want %s", got, c.killed)
				}
				s.Close()
			}
		})
	}
}

// A run without changes leaves only its status.
func TestNoOpWritesItsStatus(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	s := open(t, dir)
	script(t, start(t, s, ""), "finish")
	s.Close()
	if got, want := tree(t, dir), "blobs/ key lock runs/ status.json"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// The status has one entry for each site, even after it was renamed.
func TestARenamedSiteIsOneSite(t *testing.T) {
	type run struct {
		site Site
		exit int
	}
	renamed := Site{Name: "it", Former: []string{"/srv/site.hcl", "older"}}
	for _, c := range []struct {
		name string
		runs []run
		want string
	}{
		{"a name for a path", []run{{Site{Name: "/srv/site.hcl"}, 3}, {renamed, 0}}, "it converged"},
		{"two former names", []run{{Site{Name: "older"}, 0}, {Site{Name: "/srv/site.hcl"}, 3}, {renamed, 3}}, "it failed"},
		{"beside another site", []run{{Site{Name: "other"}, 3}, {Site{Name: "older"}, 0}, {renamed, 0}}, "it converged, other failed"},
		{"the former name is in use again", []run{{renamed, 0}, {Site{Name: "older"}, 0}}, "it converged, older converged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, filepath.Join(t.TempDir(), "state"))
			defer s.Close()
			for _, run := range c.runs {
				r, err := s.Start(context.Background(), RunInfo{Site: run.site.Name})
				if err != nil {
					t.Fatal(err)
				}
				r.SiteID = run.site
				if err := r.Finish(context.Background(), run.exit, Counts{}); err != nil {
					t.Fatal(err)
				}
			}
			var got []string
			for _, name := range slices.Sorted(maps.Keys(s.Status().Sites)) {
				got = append(got, name+" "+s.Status().Sites[name].Result)
			}
			if got := strings.Join(got, ", "); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// The last run that concerns a site decides its status. A rollback concerns the site of the run that it takes back.
func TestTheLastRunOfASiteIsItsStatus(t *testing.T) {
	type run struct {
		info RunInfo
		exit int // -1: it is killed
	}
	apply := func(site string, exit int) run { return run{RunInfo{Site: site, Manifest: "/" + site}, exit} }
	back := func(of string, exit int) run { return run{RunInfo{Of: of, Undoes: "20261201T000000Z-0000"}, exit} }
	auto := func(of string, exit int) run {
		return run{RunInfo{Of: of, Undoes: "20261201T000000Z-0000", For: "check.c"}, exit}
	}
	for _, c := range []struct {
		name string
		runs []run
		want string
	}{
		{"a failed apply, and a good rollback", []run{apply("a", 3), back("a", 0)}, "a converged"},
		{"a failed rollback", []run{apply("a", 0), back("a", 3)}, "a failed"},
		{"a failed rollback, and a good one", []run{apply("a", 0), back("a", 3), back("a", 0)}, "a converged"},
		{"a failed apply, a failed rollback, and a good one", []run{apply("a", 3), back("a", 3), back("a", 0)}, "a converged"},
		{"a failed rollback, and a good apply", []run{apply("a", 0), back("a", 3), apply("a", 0)}, "a converged"},
		{"a rollback that a failure caused", []run{apply("a", 3), auto("a", 0)}, "a taken_back"},
		{"one that failed, and one that a person asked for", []run{apply("a", 3), auto("a", 3), back("a", 0)}, "a converged"},
		{"one that was killed", []run{apply("a", 0), back("a", -1), apply("b", 0)}, "a killed, b converged"},
		{"one that was killed, and the next", []run{apply("a", 0), back("a", -1), back("a", 0)}, "a converged"},
		{"the rollback of one site beside another", []run{apply("a", 3), apply("b", 3), back("b", 0)}, "a failed, b converged"},
		{"a failed one beside another", []run{apply("a", 0), apply("b", 0), back("b", 3), apply("a", 0)}, "a converged, b failed"},
		{"of a site that has another name now", []run{apply("a", 0), back("older", 0)}, "a converged"},
		{"of a site that has none", []run{apply("a", 0), back(NoSite, 3)}, "a converged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "state")
			s := open(t, dir)
			for _, run := range c.runs {
				r, err := s.Start(context.Background(), run.info)
				if err != nil {
					t.Fatal(err)
				}
				if run.exit < 0 {
					script(t, r, "begin z")
					s.Close()
					s = open(t, dir)
					continue
				}
				if err := r.Finish(context.Background(), run.exit, Counts{}); err != nil {
					t.Fatal(err)
				}
			}
			defer s.Close()
			var got []string
			for _, name := range slices.Sorted(maps.Keys(s.Status().Sites)) {
				st := s.Status().Sites[name]
				if got = append(got, name+" "+st.Result); st.Manifest != "/"+name {
					t.Errorf("site %s: manifest %q", name, st.Manifest)
				}
			}
			if got := strings.Join(got, ", "); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestPlanLeavesNoTrace(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	s, err := Open(context.Background(), dir, Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := os.Lstat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is there: %v", err)
	}
	if len(s.Owed())+len(s.Recovered())+len(s.Orphans(func(string) bool { return false })) != 0 {
		t.Error("a missing folder is an empty state")
	}
	if _, ok := s.Wrote("path:/x", ""); ok {
		t.Error("a missing folder has no ledger")
	}
	if runs, err := s.Runs(); err != nil || runs != nil {
		t.Error(runs, err)
	}
	if _, err := s.Start(context.Background(), RunInfo{}); err == nil {
		t.Error("started a run read only")
	}
}

// tree lists everything below dir, folders with a slash.
func tree(t testing.TB, dir string) string {
	t.Helper()
	var out []string
	filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err != nil {
			t.Fatal(err)
		}
		rel, _ := filepath.Rel(dir, p)
		if d.IsDir() {
			rel += "/"
		}
		if rel != "./" {
			out = append(out, rel)
		}
		return nil
	})
	return strings.Join(out, " ")
}

// The complete lines of the run, as jq reads them.
func TestFormatOfARun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	s := open(t, dir)
	s.seal = sealer{make([]byte, 32)} // otherwise it differs each time
	r := start(t, s, "r1")
	r.start.Started, r.start.PID = time.Unix(0, 0).UTC(), 0 // the process differs each time
	ctx := context.Background()
	c := resource.Change{
		Addr: addr(`file.site["eu"]`), Action: resource.Update, Key: "path:/etc/site",
		Have:   cty.ObjectVal(map[string]cty.Value{"mode": cty.StringVal("0600"), "content": resource.BlobVal(resource.BytesBlob([]byte("old"))), "pw": cty.StringVal("hunter1")}),
		Want:   cty.ObjectVal(map[string]cty.Value{"tags": cty.TupleVal([]cty.Value{cty.StringVal("<a&b>")}), "token": cty.StringVal("hunter3"), "pw": cty.StringVal("hunter2")}),
		Secret: map[string]bool{"pw": true}, Attrs: []resource.AttrChange{{Name: "token", Secret: true}},
	}
	also := resource.Change{Addr: addr("package.lib"), Action: resource.Update, Key: "package:lib", Undeclared: true, Have: cty.EmptyObjectVal, Want: resource.Absent}
	if err := r.Begin(ctx, []resource.Change{c, also}, []notify.Debt{debt("service.x", "reload", `file.site["eu"]`, "r1")}); err != nil {
		t.Fatal(err)
	}
	if err := r.Done(ctx, also, at(7), nil); err != nil {
		t.Fatal(err)
	}
	if err := r.Done(ctx, c, at(7), errors.New("no luck")); err != nil {
		t.Fatal(err)
	}
	if err := r.Settled(ctx, notify.Settled{Owners: []notify.Owner{{Target: addr("service.x")}}, Verb: "reload", Void: true}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "runs", "r1.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	want := `856b50b6 {"start":{"format":1,"run":"r1","started":"1970-01-01T00:00:00Z","seq":1,"info":{"manifest":"site","version":"1.0"}}}
8a23f26f {"owe":{"target":"service.x","verb":"reload","cause":"file.site[\"eu\"]","run":"r1","since":{"boot":"boot","wall":"1970-01-01T00:00:01Z"}}}
a50deaf7 {"begin":{"addr":"file.site[\"eu\"]","key":"path:/etc/site","action":"update","owes":1,"before":{"content":{"$content":{"digest":"cba06b5736faf67e54b07b561eae94395e774c517a7d910a54369e1263ccfbd4","size":3}},"mode":"0600","pw":{"$content":{"digest":"k508f643873acd343334100ea3503faf461861d369092341d6e7936e583a0dc4d"},"$secret":true}},"after":{"pw":{"$content":{"digest":"k74bb78195eac82e5e1a5f07822da62043179d6f7450745b03c65a11a197f8896"},"$secret":true},"tags":["\u003ca\u0026b\u003e"],"token":{"$content":{"digest":"k1d7bf570092f5863e84f27b311633023157d768d1836fa1f7ee0df0f17a047f5"},"$secret":true}}}}
868a37df {"begin":{"addr":"package.lib","key":"package:lib","also":true,"action":"update","before":{},"after":null}}
32ca1a66 {"done":{"addr":"package.lib","also":true,"at":{"boot":"boot","mono":7000000000,"wall":"1970-01-01T00:00:07Z"}}}
53b51f4e {"done":{"addr":"file.site[\"eu\"]","at":{"boot":"boot","mono":7000000000,"wall":"1970-01-01T00:00:07Z"},"error":"no luck"}}
cd957f1d {"paid":{"target":"service.x","verb":"reload","void":true}}
`
	if d := cmp.Diff(want, string(data)); d != "" {
		t.Error(d)
	}
	if old, err := kept(t, s, digestString("hunter1")); old != "hunter1" || err != nil {
		t.Errorf("the old secret is %q, %v: it cannot be put back", old, err)
	}
}
