package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// diary is a state folder whose clock is set by hand.
type diary struct {
	t   *testing.T
	dir string
	now time.Time
}

func (d *diary) open() *State {
	d.t.Helper()
	s, err := Open(context.Background(), filepath.Join(d.dir, "state"), Options{Now: func() time.Time { return d.now }})
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { s.Close() })
	return s
}

// run replaces a content and a secret, and forgets old history. Days count from a fixed day. A site may be "NAME
// formerly NAME".
func (d *diary) run(site string, day int, old, secret string, policy Retention) []string {
	d.t.Helper()
	d.now = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC).AddDate(0, 0, day)
	ctx := context.Background()
	s := d.open()
	defer s.Close()
	id := Site{Name: site}
	if name, former, ok := strings.Cut(site, " formerly "); ok {
		id = Site{Name: name, Former: []string{former}}
	}
	r, err := s.Start(ctx, RunInfo{Site: id.Name})
	if err != nil {
		d.t.Fatal(err)
	}
	r.SiteID = id
	if old != "" || secret != "" {
		path := filepath.Join(d.dir, "live")
		write(d.t, path, old, 0o644)
		c := resource.Change{
			Addr: addr("file.x"), Key: "path:/x", Action: resource.Update, Want: cty.EmptyObjectVal,
			Have: cty.ObjectVal(map[string]cty.Value{
				"content": resource.BlobVal(resource.BytesBlob([]byte(old))), "pw": cty.StringVal(secret),
			}),
			Secret: map[string]bool{"pw": true},
		}
		keep(d.t, s, path)
		os.Remove(path)
		if err := r.Begin(ctx, oneChange(c), nil); err != nil {
			d.t.Fatal(err)
		}
		if err := r.Done(ctx, c, at(1), nil); err != nil {
			d.t.Fatal(err)
		}
	}
	if err := r.Finish(ctx, 0, Counts{}); err != nil {
		d.t.Fatal(err)
	}
	gone, err := s.Forget(ctx, id, policy)
	if err != nil {
		d.t.Fatal(err)
	}
	return gone
}

// held describes which of these contents are kept, and the number of runs.
func (d *diary) held(contents ...string) string {
	d.t.Helper()
	s := d.open()
	defer s.Close()
	runs, err := s.Runs()
	if err != nil {
		d.t.Fatal(err)
	}
	out := fmt.Sprint(len(runs), " runs")
	for _, c := range contents {
		if text, err := kept(d.t, s, digestString(c)); err == nil && text == c {
			out += " " + c
		} else if !errors.Is(err, os.ErrNotExist) {
			d.t.Errorf("%s: %q, %v", c, text, err)
		}
	}
	return out
}

func forDays(n int) *time.Duration {
	d := time.Duration(n) * 24 * time.Hour
	return &d
}

func TestForget(t *testing.T) {
	type run struct {
		site        string
		day         int
		old, secret string
	}
	for _, c := range []struct {
		summary string
		keep    Retention
		runs    []run
		want    string // the kept ones of a, b, c, s, t
	}{
		{"for good", Retention{Secrets: MaxSecrets}, []run{{"x", 0, "a", ""}, {"x", 5000, "b", ""}}, "2 runs a b"},
		{"not old enough", Retention{forDays(90), MaxSecrets}, []run{{"x", 0, "a", ""}, {"x", 89, "b", ""}}, "2 runs a b"},
		{"old", Retention{forDays(90), MaxSecrets}, []run{{"x", 0, "a", ""}, {"x", 90, "b", ""}}, "1 runs b"},
		{"by a run that does nothing", Retention{forDays(90), MaxSecrets}, []run{{"x", 0, "a", ""}, {"x", 1, "b", ""}, {"x", 200, "", ""}}, "1 runs b"},
		{"needed again since", Retention{forDays(90), MaxSecrets}, []run{{"x", 0, "a", ""}, {"x", 10, "a", ""}, {"x", 95, "b", ""}}, "2 runs a b"},
		{"of another site", Retention{forDays(90), MaxSecrets}, []run{{"y", 0, "a", ""}, {"x", 1, "b", ""}, {"x", 200, "c", ""}}, "2 runs a c"},
		{"under a former name", Retention{forDays(90), MaxSecrets}, []run{{"y", 0, "a", ""}, {"x formerly y", 1, "b", ""}, {"x formerly y", 200, "c", ""}}, "1 runs c"},
		{"of no site", Retention{forDays(90), MaxSecrets}, []run{{"", 0, "a", ""}, {"x", 200, "c", ""}}, "1 runs c"},
		{"a secret after a month", Retention{Secrets: MaxSecrets}, []run{{"x", 0, "a", "s"}, {"x", 31, "", ""}}, "1 runs a"},
		{"a secret before that", Retention{Secrets: MaxSecrets}, []run{{"x", 0, "a", "s"}, {"x", 29, "", ""}}, "1 runs a s"},
		{"a secret that was needed again", Retention{Secrets: MaxSecrets}, []run{{"x", 0, "a", "s"}, {"x", 20, "b", "s"}, {"x", 45, "", ""}}, "2 runs a b s"},
		{"no secret at all", Retention{Secrets: 0}, []run{{"x", 0, "a", "s"}}, "1 runs a"},
		{"a secret no longer than the rest", Retention{forDays(2), MaxSecrets}, []run{{"x", 0, "a", "s"}, {"x", 3, "", ""}}, "1 runs a"},
		{"nothing", Retention{forDays(0), MaxSecrets}, []run{{"x", 0, "a", "s"}, {"x", 1, "b", "t"}}, "1 runs"},
		{"a secret that is an ordinary content elsewhere", Retention{Secrets: 0}, []run{{"x", 0, "s", ""}, {"x", 1, "b", "s"}}, "2 runs b"},
		{"the clock went back", Retention{forDays(90), MaxSecrets}, []run{{"x", 400, "a", ""}, {"x", 0, "a", ""}, {"x", 100, "b", ""}}, "2 runs a b"},
	} {
		t.Run(c.summary, func(t *testing.T) {
			d := &diary{t: t, dir: t.TempDir()}
			for _, r := range c.runs {
				d.run(r.site, r.day, r.old, r.secret, c.keep)
			}
			if diff := cmp.Diff(c.want, d.held("a", "b", "c", "s", "t")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A run without due runs reads no run, however many there are.
func TestForgetLooksOnlyWhenDue(t *testing.T) {
	d := &diary{t: t, dir: t.TempDir()}
	keep := Retention{forDays(90), MaxSecrets}
	d.run("x", 0, "a", "", keep)
	d.run("x", 1, "b", "", keep)
	runs := filepath.Join(d.dir, "state", "runs")
	if err := os.Rename(runs, runs+".away"); err != nil { // any search fails
		t.Fatal(err)
	}
	for day := 2; day < 80; day += 7 {
		if gone := d.run("x", day, "", "", keep); gone != nil {
			t.Error(day, gone)
		}
		if err := os.Remove(runs); err != nil { // created by Open
			t.Fatal(err)
		}
	}
	if err := os.Rename(runs+".away", runs); err != nil {
		t.Fatal(err)
	}
	if gone := d.run("x", 103, "", "", keep); len(gone) != 1 { // the newest stays
		t.Error(gone)
	}
}

// The content of a purged folder is forgotten with the run whose listing names it.
func TestForgetListing(t *testing.T) {
	d := &diary{t: t, dir: t.TempDir()}
	d.now = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	ctx := context.Background()
	s := d.open()
	r, err := s.Start(ctx, RunInfo{Site: "x"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.KeepBytes(ctx, []byte("purged")); err != nil {
		t.Fatal(err)
	}
	listing := `{"path":"/d/f","digest":"` + digestString("purged") + `"}`
	if _, err := s.KeepBytes(ctx, []byte(listing)); err != nil {
		t.Fatal(err)
	}
	c := resource.Change{
		Addr: addr("directory.d"), Action: resource.Delete, Want: resource.Absent,
		Have: cty.ObjectVal(map[string]cty.Value{"below": resource.BlobVal(resource.BytesBlob([]byte(listing)))}),
	}
	if err := errors.Join(r.Begin(ctx, oneChange(c), nil), r.Done(ctx, c, at(1), nil), r.Finish(ctx, 0, Counts{}), s.Close()); err != nil {
		t.Fatal(err)
	}
	if got := d.held("purged", listing); got != "1 runs purged "+listing {
		t.Fatal(got)
	}
	d.run("x", 365, "b", "", Retention{forDays(90), MaxSecrets})
	if got := d.held("purged", listing, "b"); got != "1 runs b" {
		t.Error(got)
	}
}

func TestForgetRuns(t *testing.T) {
	d := &diary{t: t, dir: t.TempDir()}
	keep := Retention{Secrets: MaxSecrets}
	d.run("x", 0, "a", "s", keep)
	d.run("x", 1, "b", "", keep)
	s := d.open()
	runs, err := s.Runs()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ForgetRuns(context.Background(), []string{runs[1].ID}); err != nil {
		t.Fatal(err)
	}
	script(t, start(t, s, "r9"), "begin z") // and is killed
	s.Close()
	if got := d.held("a", "b", "s"); got != "2 runs b" {
		t.Error(got)
	}
	s = d.open()
	if err := s.ForgetRuns(context.Background(), []string{"r9"}); err == nil || !strings.Contains(err.Error(), "has to clear up after it first") {
		t.Error(err)
	}
}

// A secret that a killed run replaced is forgotten like all others.
func TestSecretOfKilledRun(t *testing.T) {
	d := &diary{t: t, dir: t.TempDir()}
	d.now = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	ctx := context.Background()
	s := d.open()
	r, err := s.Start(ctx, RunInfo{Site: "x"})
	if err != nil {
		t.Fatal(err)
	}
	c := resource.Change{
		Addr: addr("user.x"), Key: "user:x", Action: resource.Update, Want: cty.EmptyObjectVal, Secret: map[string]bool{"pw": true},
		Have: cty.ObjectVal(map[string]cty.Value{"pw": cty.StringVal("s")}),
	}
	if err := errors.Join(r.Begin(ctx, oneChange(c), nil), s.Close()); err != nil {
		t.Fatal(err)
	}
	if got := d.held("s"); got != "1 runs s" {
		t.Error(got)
	}
	blob := filepath.Join(d.dir, "state", s.blobName(digestString("s")))
	if err := os.Chtimes(blob, d.now, d.now); err != nil { // the clock of the file system differs
		t.Fatal(err)
	}
	d.run("x", 40, "b", "", Retention{Secrets: MaxSecrets})
	d.run("x", 80, "c", "", Retention{Secrets: MaxSecrets})
	if got := d.held("s"); got != "3 runs" {
		t.Error(got)
	}
}
