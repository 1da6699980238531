package page

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"converge/internal/event"
	"converge/internal/view"
)

var start = time.Date(2026, 11, 21, 2, 13, 0, 0, time.UTC)

func sample() view.RunDetail {
	end, code := start.Add(10*time.Second), 3
	text := func(s string) json.RawMessage { b, _ := json.Marshal(s); return b }
	return view.RunDetail{
		Run: view.Run{ID: "20261121T021300Z-1a2b", Started: start, Ended: &end, Result: "failed", Exit: &code, Changed: 2, Failed: 1, User: "ann", Command: []string{"apply", "site.hcl"}, Manifest: "/etc/converge/site.hcl"},
		Changes: []event.Event{
			{Type: event.Applied, Resource: `file["/etc/<b>"]`, Kind: "file", Action: "create", Time: start.Add(8 * time.Second), Notes: []string{"a note"},
				Changes: []event.Attr{{Name: "content", After: text("x"), Diff: "--- live\n+++ content\n@@ -0,0 +1 @@\n+<script>alert(1)</script>\x1b[31m\n"}, {Name: "password", Secret: true}}},
			{Type: event.Applied, Resource: "file.b", Kind: "file", Action: "update", Time: start.Add(8 * time.Second), Changes: []event.Attr{{Name: "mode", Before: text("0600"), After: text("0644")}}},
			{Type: event.Failed, Resource: "module.web.file.c", Kind: "file", Action: "update", Time: start.Add(9 * time.Second), Error: "no room\non the disk"},
		},
		Others:   []event.Event{{Type: event.Skipped, Resource: "file.d", Causes: []string{"module.web.file.c"}}},
		Notified: []event.Event{{Type: event.Held, Resource: "service.web", Kind: "service", Verb: "restart", Causes: []string{"file.b", "file.gone"}, Message: "still owed"}},
	}
}

func written(t *testing.T, r view.RunDetail) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteRun(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWriteRun(t *testing.T) {
	got := written(t, sample())
	for _, want := range []string{
		"<title>converge run 20261121T021300Z-1a2b: failed</title>",
		`<h1>Run <span class="word">20261121T021300Z-1a2b</span> <span class="result bad">failed</span></h1>`,
		"<dd>2026-11-21 02:13:00 UTC, took 10s</dd>",
		`<code><span class="word">converge</span> <span class="word">apply</span> <span class="word">site.hcl</span></code>`, "<code>/etc/converge/site.hcl</code>",
		`<b>1</b>still owed`,
		`file[&#34;/etc/&lt;b&gt;&#34;] <small>create</small>`,
		`<span class="add">&#43;&lt;script&gt;alert(1)&lt;/script&gt;\x1b[31m</span>`,
		"<td>(sensitive)</td>",
		`<td class="mono">&#34;0600&#34;</td><td class="mono">&#34;0644&#34;</td>`,
		"no room\non the disk", "skipped: it comes after module.web.file.c",
		`<a href="#change-2">file.b</a>, file.gone</td><td role="cell" data-label="Result">still owed</td>`,
		`<a href="#change-1">file[&#34;/etc/&lt;b&gt;&#34;]</a> and 1 more</th><td>8.0 s</td>`, // made together
		`<a href="#change-3" aria-label="module.web.file.c: failed">`,                          // in the picture
	} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %s", want)
		}
	}
	changed := got[strings.Index(got, `<h2 id="changes">`):strings.Index(got, `<h2 id="notified">`)]
	failed := got[strings.Index(got, `<h2 id="others">`):strings.Index(got, `<h2 id="changes">`)]
	if article := `<article id="change-3" class="failed">`; strings.Contains(changed, article) || !strings.Contains(failed, article) {
		t.Error("what has failed stands under the changes")
	}
	if strings.Contains(got, "+++ content") {
		t.Error("the heading of a difference names no file, and is shown")
	}
	if t.Failed() {
		t.Log(got)
	}
}

// The picture shows the order that follows from directories, also for resources without notifications.
func TestPictureHasDirectories(t *testing.T) {
	r := sample()
	r.Inside = []view.Inside{{Resource: "file.b", Directory: "module.web.file.c"}, {Resource: `file["/etc/<b>"]`, Directory: "file.b", First: true}, {Resource: "file.b", Directory: "file.unknown"}}
	got := written(t, r)
	for _, want := range []string{
		"<title>file.b comes after module.web.file.c: it lies in that directory</title>",
		"<title>file.b comes after file[&#34;/etc/&lt;b&gt;&#34;]: that lies in it</title>",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %s in\n%s", want, got)
		}
	}
	if strings.Contains(got, "file.unknown") {
		t.Error("a directory that was not changed is drawn")
	}
}

// A page is self-contained, all of its links lead somewhere, and its ids are unique.
func TestPageIsWhole(t *testing.T) {
	empty := sample()
	empty.Changes, empty.Others, empty.Notified, empty.Ended = nil, nil, nil, nil
	for name, got := range map[string]string{"full": written(t, sample()), "empty": written(t, empty)} {
		var ids []string
		for _, m := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(got, -1) {
			if slices.Contains(ids, m[1]) {
				t.Errorf("%s: two parts are called %s", name, m[1])
			}
			ids = append(ids, m[1])
		}
		for _, m := range regexp.MustCompile(` href="([^"]*)"`).FindAllStringSubmatch(got, -1) {
			if !slices.Contains(ids, strings.TrimPrefix(m[1], "#")) {
				t.Errorf("%s: %s leads nowhere", name, m[1])
			}
		}
		if found := regexp.MustCompile(`(src|href)="(https?:|//|/)|<script|@import|url\((https?|//)`).FindString(got); found != "" {
			t.Errorf("%s: the page has %s", name, found)
		}
	}
}

// The page of a run with many changes stays usable: its size grows linearly with the changes, the picture is folded, and
// invisible parts need no layout.
func TestPageOfManyChanges(t *testing.T) {
	r := view.RunDetail{Run: sample().Run}
	for i := range 2000 {
		e := event.Event{Type: event.Applied, Resource: fmt.Sprintf("file.many[%q]", fmt.Sprintf("f%d", i)), Kind: "file", Action: "create", Time: start.Add(time.Second),
			Changes: []event.Attr{{Name: "path", After: json.RawMessage(`"/srv/x"`)}, {Name: "content", After: json.RawMessage(`"x"`), Diff: "@@ -0,0 +1 @@\n+x\n"}}}
		r.Changes = append(r.Changes, e)
		r.Inside = append(r.Inside, view.Inside{Resource: e.Resource, Directory: r.Changes[0].Resource})
	}
	got := written(t, r)
	if most := 2000 * 1000; len(got) > most {
		t.Errorf("the page has %d bytes, want %d at most", len(got), most)
	}
	if n := strings.Count(got, `class="box`); n != 1 {
		t.Errorf("the picture has %d boxes, want 1", n)
	}
	if !strings.Contains(got, "content-visibility: auto") {
		t.Error("a browser lays out all changes")
	}
}

// What a screen reader needs: a language, a title, headings in steps of one, headers of tables with their scope, names
// of regions.
func TestPageCanBeHeard(t *testing.T) {
	got := written(t, sample())
	for _, want := range []string{`<html lang="en">`, "<title>", `<main id="main">`, `class="skip" href="#main"`, `<nav aria-label=`} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %s", want)
		}
	}
	for _, m := range regexp.MustCompile(`<(th|div class="scroll"|svg|pre)( [^>]*)?>`).FindAllStringSubmatch(got, -1) {
		if !strings.Contains(m[2], "scope=") && !strings.Contains(m[2], "aria-label=") {
			t.Errorf("%s has no name", m[0])
		}
	}
	last := "0"
	for _, m := range regexp.MustCompile(`<h([1-6])`).FindAllStringSubmatch(got, -1) {
		if m[1][0] > last[0]+1 {
			t.Errorf("a heading of level %s follows one of level %s", m[1], last)
		}
		last = m[1]
	}
}

func TestWriteHistory(t *testing.T) {
	r := sample().Run
	r.Failures = []view.Failure{{Resource: "file.c", Error: "no <room>"}}
	for _, c := range []struct {
		runs []view.Run
		want []string
	}{
		{nil, []string{"No run is kept"}},
		{[]view.Run{r, {ID: "20261120T000000Z-0000", Result: "killed", Undoes: "20261119T000000Z-0000"}}, []string{
			`<th scope="row" role="rowheader" class="mono">20261121T021300Z-1a2b</th><td role="cell" data-label="Started">2026-11-21 02:13:00 UTC</td><td role="cell" data-label="Result"><span class="bad">failed</span></td>`,
			"file.c: no &lt;room&gt;", "(takes back 20261119T000000Z-0000)",
		}},
	} {
		var b bytes.Buffer
		if err := WriteHistory(&b, c.runs); err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			if !strings.Contains(b.String(), want) {
				t.Errorf("there is no %s in\n%s", want, b.String())
			}
		}
	}
}

// TestSite: with several sites, a page names the site of a run, like the terminal, if the call of the run does not.
func TestSite(t *testing.T) {
	for _, c := range []struct {
		site, command       string
		inHistory, inItsRun bool
	}{
		{"<web>", "site.hcl", true, true},
		{"web", "web", false, true},
		{"/etc/converge/site.hcl", "site.hcl", true, false}, // the page of a run names the manifest already
		{"", "site.hcl", false, false},
	} {
		r := sample()
		r.Site, r.Command = c.site, []string{"apply", c.command}
		var b bytes.Buffer
		if err := WriteHistory(&b, []view.Run{r.Run}); err != nil {
			t.Fatal(err)
		}
		shown := strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(c.site)
		if got := strings.Contains(b.String(), "(site "+shown+")"); got != c.inHistory {
			t.Errorf("site %q of %s in the history: %v\n%s", c.site, c.command, got, b.String())
		}
		if got := strings.Contains(written(t, r), "<dt>Site</dt><dd><code>"+shown+"</code>"); got != c.inItsRun {
			t.Errorf("site %q of %s in its run: %v", c.site, c.command, got)
		}
	}
}

func TestListTimes(t *testing.T) {
	r := sample()
	got := listTimes(r)
	if len(got) != 2 || got[0].Took != "8.0 s" || got[0].Width != 80 || got[0].Left != 0 || got[1].Left != 80 || got[1].Took != "1.0 s" {
		t.Errorf("%+v", got)
	}
	r.Changes[0].Time = start.Add(-time.Hour) // the clock was set
	if got := listTimes(r); len(got) != 2 || got[0].Name != "file.b" {
		t.Errorf("%+v", got)
	}
	r.Ended = nil
	if got := listTimes(r); got != nil {
		t.Errorf("a run without an end has times: %+v", got)
	}
}
