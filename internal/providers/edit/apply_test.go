package edit

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/edit"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// resourceOf makes a resource of a kind of this provider.
func resourceOf(t *testing.T, w *resourcetest.World, kind func(resource.Provider) *resource.Kind, name string, attrs map[string]cty.Value) *resource.Resource {
	t.Helper()
	r, err := resourcetest.Build(kind(w.Provider), w, name, attrs)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestOneSetOneReplacement: the parts of one file, by whatever name, are one candidate
// that is checked once and replaces the file once. Of parts that undo each other none is
// made, and each error names the other.
func TestOneSetOneReplacement(t *testing.T) {
	w, a := world(t), resourcetest.Attrs
	p := w.Provider.(*Provider)
	count := filepath.Join(t.TempDir(), "count")
	check := []string{"/bin/sh", "-c", "echo x >>" + count + "; grep -q '^PASS_MAX_DAYS.60' {path}"}
	var cs []resource.Change
	for _, r := range []*resource.Resource{
		resourceOf(t, w, resources.Setting, "a", a("path", "/etc/login.defs", "key", "PASS_MAX_DAYS", "value", 60, "verify", check)),
		resourceOf(t, w, resources.Setting, "b", a("path", "/etc/other.defs", "format", "space", "key", "UMASK", "value", "027", "verify", check)),
		resourceOf(t, w, resources.Line, "c", a("path", "/etc/login.defs", "line", "UMASK 077", "match", "^UMASK")),
	} {
		cs = append(cs, resourcetest.Plan(t, r))
	}
	_, err := p.Solve(context.Background(), cs, nil)
	if bad, _ := err.(resource.Unsolvable); len(bad) != 2 || !strings.Contains(bad[cs[1].Addr].Error(), "it contradicts line.c: each would undo the other") || !strings.Contains(bad[cs[2].Addr].Error(), "it contradicts setting.b: each") {
		t.Errorf("the plan says %v", err)
	}
	out := p.ApplyAll(context.Background(), cs, resource.Forecast{})
	failed := 0
	for i := range cs {
		if out.Err(i) != nil {
			failed++
		}
	}
	if failed != 2 {
		t.Errorf("%d parts failed: %v", failed, out.Errs)
	}
	resourcetest.Holds("/etc/login.defs", "# ageing\n#PASS_MIN_DAYS 0\nPASS_MAX_DAYS\t60\nUMASK 022\n")(t, w)
	if n, err := os.ReadFile(count); string(n) != "x\n" {
		t.Errorf("the check ran %q times, %v", n, err)
	}
}

// TestNewFileByTwoNames: a file that is missing is one file as well.
func TestNewFileByTwoNames(t *testing.T) {
	w, a := world(t), resourcetest.Attrs
	if err := os.Symlink("etc", filepath.Join(w.Root, "conf")); err != nil {
		t.Fatal(err)
	}
	var cs []resource.Change
	for name, path := range map[string]string{"x": "/etc/new", "y": "/conf/new"} {
		cs = append(cs, resourcetest.Plan(t, resourceOf(t, w, resources.Line, name, a("path", path, "line", "same", "create", true))))
	}
	out := w.Provider.(*Provider).ApplyAll(context.Background(), cs, resource.Forecast{})
	if out.Err(0) != nil || out.Err(1) != nil {
		t.Error(out.Errs)
	}
	resourcetest.Holds("/etc/new", "same\n")(t, w)
}

// TestRefusedCandidate: a check that fails leaves the file, and the plan says so.
func TestRefusedCandidate(t *testing.T) {
	w, a := world(t), resourcetest.Attrs
	r := resourceOf(t, w, resources.Setting, "a", a("path", "/etc/login.defs", "key", "UMASK", "value", "999", "verify", []string{"/bin/sh", "-c", "echo bad {path}; exit 1"}))
	c := resourcetest.Plan(t, r)
	const want = `cannot edit "/etc/login.defs": /bin/sh does not accept the new content`
	review := w.Provider.(*Provider).Review(context.Background(), c, resource.Outlook{Ask: resource.AskForecast})
	for name, err := range map[string]error{"plan": review.Blocked, "apply": w.Provider.Apply(context.Background(), c)} {
		if err == nil || !strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), "bad /etc/login.defs") && !strings.Contains(err.Error(), "bad /proc") {
			t.Errorf("%s: %v", name, err)
		}
	}
	resourcetest.Holds("/etc/login.defs", loginDefs)(t, w)
	if len(review.Notes) != 1 || review.Notes[0] != "at /etc/login.defs:4" {
		t.Errorf("the notes are %q", review.Notes)
	}
}

// TestOthersStay: a rollback does not take the same words elsewhere for those of a part
// that was changed since.
func TestOthersStay(t *testing.T) {
	made := edit.Setting{Format: edit.INI, Section: []string{"a"}, Key: "x", Value: "9"}
	was, gone := made, made
	was.Value, gone.Absent = "1", true
	for name, tt := range map[string]struct {
		before, later, want string
		back                *edit.Setting
	}{
		"changed":   {"[a]\nx = 1\n[b]\n", "[a]\nx = 5\n[b]\nx = 9\n", "[a]\nx = 1\n[b]\nx = 9\n", &was},
		"added":     {"[a]\nq = 1\n[b]\n", "[a]\nq = 1\nx = 5\n[b]\nx = 9\n", "[a]\nq = 1\n[b]\nx = 9\n", &gone},
		"as it was": {"[a]\n#x = 1\n[b]\n", "[a]\nx = 9\n[b]\nx = 9\n", "[a]\n#x = 1\n[b]\nx = 9\n", &gone},
	} {
		t.Run(name, func(t *testing.T) {
			hunks, err := edit.Record([]byte(tt.before), []edit.Part{&made})
			if err != nil {
				t.Fatal(err)
			}
			past, err := json.Marshal(resources.PartPast{Hunks: hunks[0]})
			if err != nil {
				t.Fatal(err)
			}
			w := part{PartPlace: resources.PartPlace{Was: resource.BytesBlob(past)}}
			s := &set{src: &source{path: "/x.ini", bytes: []byte(tt.later), memo: edit.NewMemo([]byte(tt.later))}, members: []member{{want: w, wish: tt.back, back: w.Past().Back(false)}}}
			if errs := s.build(resource.Addr.String); len(errs) > 0 || string(s.candidate) != tt.want {
				t.Errorf("got  %q, %v\nwant %q", s.candidate, errs, tt.want)
			}
		})
	}
}

// TestRefusals are errors of what is declared.
func TestRefusals(t *testing.T) {
	w, a := world(t), resourcetest.Attrs
	for _, tt := range []struct {
		name  string
		kind  func(resource.Provider) *resource.Kind
		attrs map[string]cty.Value
		want  string
	}{
		{"missing file", resources.Setting, a("path", "/etc/none.ini", "key", "a", "value", 1), `cannot edit "/etc/none.ini": there is no such file; create = true makes one, or name what brings it in depends_on`},
		{"folder", resources.Setting, a("path", "/etc", "key", "a", "value", 1, "format", "ini"), `cannot edit "/etc": it is a directory`},
		{"format not known", resources.Setting, a("path", "/etc/hosts", "key", "a", "value", 1), "format: is needed, because the name of hosts does not tell it: format = \"keyvalue\" for key=4, \"space\" for key 4, \"ini\" for key = 4 below [section], \"toml\" for key = 4, \"yaml\" for key: 4, \"json\" for \"key\": 4; a file of another grammar is written whole (file), or by line or block"},
		{"no value", resources.Setting, a("path", "/etc/a.ini", "key", "a"), `value: none is given, and one is needed unless there are items or ensure is "absent"`},
		{"value and items", resources.Setting, a("path", "/etc/a.ini", "key", "a", "value", "1", "items", []string{"b"}), "items: cannot be set together with value"},
		{"item of two words", resources.Setting, a("path", "/etc/a.env", "key", "a", "items", []string{"b c"}), `items: must be words without " " in them`},
		{"number that would be rounded", resources.Setting, a("path", "/etc/a.json", "key", "a", "value", cty.MustParseNumberVal("18446744073709551615")), "value: has a number that is too large to be written exactly"},
		{"object in ini", resources.Setting, a("path", "/etc/a.ini", "key", "a", "value", map[string]any{"b": 1}), "value: must be text in a file of the format ini"},
		{"key that is none", resources.Setting, a("path", "/etc/a.ini", "key", "a=b", "value", "1"), `key: "a=b" cannot be a name in a file of the format ini`},
		{"path with a number sign", resources.Line, a("path", "/etc/a#b", "line", "x"), "path must be the path of a file, without #"},
		{"loop", resources.Line, a("path", "/etc/hosts", "line", "x", "match", "^y"), "line: must itself match what match says, because the next run would add another line otherwise"},
		{"two lines", resources.Line, a("path", "/etc/hosts", "line", "x\ny"), "line: must be one line"},
		{"two places", resources.Line, a("path", "/etc/hosts", "line", "x", "after", "a", "before", "b"), "before: cannot be set together with after"},
		{"no content", resources.Block, a("path", "/etc/hosts", "marker", "x"), `content: none is given, and it is needed unless ensure is "absent"`},
		{"marker in content", resources.Block, a("path", "/etc/hosts", "marker", "x", "content", "# BEGIN x"), `content: its line 1 is "# BEGIN x", which marks the block itself`},
	} {
		r, err := resourcetest.Build(tt.kind(w.Provider), w, "x", tt.attrs)
		if err == nil {
			_, err = r.Provider().Observe(context.Background(), r.Want)
		}
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
}

// TestObservedAtOnce: the engine observes side by side what lies in one file.
func TestObservedAtOnce(t *testing.T) {
	w, a := world(t), resourcetest.Attrs
	write("/etc/x.toml", "a = [1, 2]\nb = 2020-01-01\n[c]\nd = {e = 1}\n")(t, w)
	write("/etc/x.yaml", "a: {b: 1}\nb: 2020-01-01\nc:\n- 1\n")(t, w)
	write("/etc/x.json", "{\"a\": [1, 2], \"b\": {\"c\": 1}}")(t, w)
	var all sync.WaitGroup
	for _, path := range []string{"/etc/x.toml", "/etc/x.yaml", "/etc/x.json", "/etc/app.ini", "/etc/login.defs"} {
		for _, key := range []string{"a", "b", "c", "x", "UMASK"} {
			r := resourceOf(t, w, resources.Setting, "x", a("path", path, "key", key, "value", "1"))
			for range 4 {
				all.Go(func() {
					if _, err := w.Provider.Observe(context.Background(), r.Want); err != nil && !strings.Contains(err.Error(), "is a table here") {
						t.Error(path, key, err)
					}
				})
			}
		}
	}
	all.Wait()
}

// TestContradictionOfASettledPart: a part that would undo one which is right is
// refused, by a plan and by an apply.
func TestContradictionOfASettledPart(t *testing.T) {
	w, a := world(t), resourcetest.Attrs
	p := w.Provider.(*Provider)
	exact := resourceOf(t, w, resources.Line, "exact", a("path", "/etc/login.defs", "line", "UMASK"))
	match := resourceOf(t, w, resources.Line, "match", a("path", "/etc/login.defs", "line", "UMASK 022", "match", "^UMASK"))
	match.Range.Filename, match.Range.Start.Line = "site.hcl", 7
	p.Declare([]*resource.Resource{exact, match})
	cs := []resource.Change{resourcetest.Plan(t, exact)}
	_, err := p.Solve(context.Background(), cs, nil)
	const want = "it contradicts line.match (site.hcl:7): each would undo the other in every run"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("the plan says %v", err)
	}
	if err := p.ApplyAll(context.Background(), cs, resource.Forecast{}).Err(0); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("the apply says %v", err)
	}
}

// TestOneCheckOfAForecast: however many parts of a file name a check, a plan runs it once,
// on the candidate that has them all.
func TestOneCheckOfAForecast(t *testing.T) {
	w, a := world(t), resourcetest.Attrs
	count := filepath.Join(t.TempDir(), "count")
	check := []string{"/bin/sh", "-c", "echo x >>" + count + "; grep -q '^UMASK 077' {path}"}
	var cs []resource.Change
	for _, key := range []string{"PASS_MAX_DAYS", "PASS_MIN_DAYS", "UMASK"} {
		r := resourceOf(t, w, resources.Setting, key, a("path", "/etc/login.defs", "key", key, "value", "077", "verify", check))
		cs = append(cs, resourcetest.Plan(t, r))
	}
	p := w.Provider.(*Provider)
	if _, err := p.Solve(context.Background(), cs, nil); err != nil {
		t.Fatal(err)
	}
	for _, c := range cs {
		if r := p.Review(context.Background(), c, resource.Outlook{Ask: resource.AskForecast}); r.Blocked != nil {
			t.Error(r.Blocked)
		}
	}
	if text, err := os.ReadFile(count); err != nil || string(text) != "x\n" {
		t.Errorf("the check was run %q, %v", text, err)
	}
}
