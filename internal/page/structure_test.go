package page

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"converge/internal/view"
)

// TestStructure checks, without a browser, what a keyboard and a screen reader need on every page: landmarks around all
// content, headings in steps of one, names of links, regions and pictures, the tab order, and tables that stay tables
// where a narrow screen shows them as lists.
func TestStructure(t *testing.T) {
	empty := sample()
	empty.Changes, empty.Others, empty.Notified, empty.Ended = nil, nil, nil, nil
	failed := sample().Run
	failed.Failures = []view.Failure{{Resource: "file.c", Error: "no room"}}
	for name, text := range map[string]string{
		"run": written(t, sample()), "run without changes": written(t, empty),
		"history": writtenHistory(t, []view.Run{failed, sample().Run}), "empty history": writtenHistory(t, nil),
	} {
		t.Run(name, func(t *testing.T) {
			for _, fault := range findFaults(t, text) {
				t.Error(fault)
			}
		})
	}
}

// TestStructureSeesFaults shows that the checks of TestStructure detect faults.
func TestStructureSeesFaults(t *testing.T) {
	whole := written(t, sample())
	for want, change := range map[string][2]string{
		"main stands there 0 times":                       {`<main id="main">`, `<div id="main">`},
		"h1 stands there 0 times":                         {"<h1>", "<h2>"},
		"a heading of level 4 follows one of level 2":     {"<h3>", "<h4>"},
		"the link #changes has no name":                   {`<a href="#changes">Changes</a>`, `<a href="#changes"></a>`},
		"the link #nowhere leads nowhere":                 {`<a href="#changes">`, `<a href="#nowhere">`},
		"svg has no name":                                 {`role="group" aria-label="order of the resources"`, `role="group"`},
		"pre scrolls, and no key reaches it":              {`<pre tabindex="0"`, `<pre`},
		"tabindex 3 changes the order of the tab key":     {`<pre tabindex="0"`, `<pre tabindex="3"`},
		"the link to the content is not reached first":    {`class="skip" href="#main"`, `class="skip" href="#main" tabindex="-1"`},
		"text stands outside of all landmarks: Not yours": {"</header>", "</header><p>Not yours</p>"},
		"a row of the table has 3 cells for 4 columns":    {`<td role="cell" data-label="Action">restart</td>`, ""},
		"the cell restart is labelled Verb, not Action":   {`data-label="Action"`, `data-label="Verb"`},
		"tr has no role":                                  {`<tr role="row"><th scope="row"`, `<tr><th scope="row"`},
		"the heading of a table Target has no scope":      {`<th scope="col">Target`, `<th>Target`},
		"ul contains p":                                   {`<ul class="sums">`, `<ul class="sums"><p>x</p>`},
	} {
		text := strings.ReplaceAll(whole, change[0], change[1])
		if text == whole {
			t.Errorf("the page has no %s", change[0])
		}
		faults := findFaults(t, text)
		if !slices.ContainsFunc(faults, func(f string) bool { return strings.Contains(f, want) }) {
			t.Errorf("nothing says %q, but\n%s", want, strings.Join(faults, "\n"))
		}
	}
}

// TestColorsHaveNames shows that each colour of a page is one of those that TestContrast compares.
func TestColorsHaveNames(t *testing.T) {
	text := written(t, sample())
	style := text[strings.Index(text, "<style>"):strings.Index(text, "</style>")]
	rules := style[strings.Index(style, "\n* {"):] // after the names
	if found := regexp.MustCompile(`#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(|opacity`).FindString(rules); found != "" {
		t.Errorf("the page has the colour %s, which has no name", found)
	}
}

func writtenHistory(t *testing.T, runs []view.Run) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteHistory(&b, runs); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
