// Package page writes the results of runs as HTML pages: each is a single file without network access or scripts, is
// readable in light and dark, on paper, by keyboard and by a screen reader.
//
// Start with [WriteRun] and [WriteHistory]. The data of a run come from package view, which shows the same on a
// terminal; package diagram draws the picture.
package page

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"converge/internal/event"
	"converge/internal/view"
)

//go:embed page.html.tmpl
var text string

// templates parses the page's templates, when a page is requested.
func templates() (*template.Template, error) {
	t, err := template.New("page").Funcs(template.FuncMap{"stamp": view.Stamp, "safe": safeLines, "join": strings.Join}).Parse(text)
	if err != nil {
		return nil, fmt.Errorf("cannot read the template of the page: %w", err)
	}
	return t, nil
}

// WriteRun writes the page of one run.
func WriteRun(w io.Writer, r view.RunDetail) error {
	picture, err := drawRun(r)
	if err != nil {
		return err
	}
	changes := listChanges(r)
	isFailed := func(c change) bool { return c.Type == event.Failed }
	return write(w, "run", runPage{
		Run: describeRun(r.Run), Detail: r, Others: r.Others,
		Changes:  slices.DeleteFunc(slices.Clone(changes), isFailed),
		Failed:   slices.DeleteFunc(changes, func(c change) bool { return !isFailed(c) }),
		Notified: listNotified(r), Owed: countOwed(r.Notified), Times: listTimes(r), Picture: picture,
	})
}

// WriteHistory writes the page of all stored runs, the newest first.
func WriteHistory(w io.Writer, runs []view.Run) error {
	out := make([]runLine, len(runs))
	for i, r := range runs {
		out[i] = describeRun(r)
	}
	return write(w, "history", out)
}

func write(w io.Writer, name string, data any) error {
	t, err := templates()
	if err != nil {
		return err
	}
	var b bytes.Buffer // a page is written completely or not at all
	if err := t.ExecuteTemplate(&b, name, data); err != nil {
		return fmt.Errorf("cannot write the page: %w", err)
	}
	_, err = b.WriteTo(w)
	return err
}

// runPage holds the data of a run's page.
type runPage struct {
	Run      runLine
	Detail   view.RunDetail
	Changes  []change
	Failed   []change      // begun, but not done
	Others   []event.Event // failures without a change, and skipped steps
	Notified []notified
	Owed     int
	Times    []span
	Picture  template.HTML // drawn by package diagram, which escapes; "": there is nothing to draw
}

// runLine is a run as a line of the history.
type runLine struct {
	view.Run
	Words []string // the call; a line breaks between the words, and not after the dashes of a flag
	Took  string
	Class string // of its result: good, bad or middling
	Place string // the manifest; "": not a path
}

func describeRun(r view.Run) runLine {
	l := runLine{Run: r, Words: []string{"converge"}, Class: "bad"}
	for _, w := range r.Command {
		l.Words = append(l.Words, view.SafeText(w))
	}
	switch r.Result {
	case "converged", "settled":
		l.Class = "good"
	case "held", "interrupted", "running":
		l.Class = "middling"
	}
	if r.Ended != nil {
		l.Took = took(r.Ended.Sub(r.Started))
	}
	if filepath.IsAbs(r.Manifest) {
		l.Place = view.SafeText(r.Manifest)
	}
	return l
}

// change is one change with its attributes as text.
type change struct {
	event.Event
	ID    string // its anchor on the page
	Mark  string // +, ~, -, ! as in a plan
	Attrs []view.AttrText
	Had   bool // an attribute had a value before
	Diffs []diff
}

// diff is a difference of contents, line by line.
type diff struct {
	Name  string
	Lines []diffLine
}

// diffLine is a line of a difference; Class is add, del, at or "".
type diffLine struct{ Class, Text string }

func listChanges(r view.RunDetail) []change {
	out := make([]change, len(r.Changes))
	for i, e := range r.Changes {
		c := change{Event: e, ID: idOf(i), Mark: markOf(e)}
		for _, a := range view.TextsOf(e) {
			c.Attrs = append(c.Attrs, a)
			c.Had = c.Had || a.Before != ""
			if a.Diff != "" && !a.Secret {
				c.Diffs = append(c.Diffs, diff{a.Name, splitDiff(a.Diff)})
			}
		}
		out[i] = c
	}
	return out
}

func idOf(i int) string { return fmt.Sprintf("change-%d", i+1) }

func markOf(e event.Event) string {
	switch {
	case e.Type == event.Failed:
		return "!"
	case e.Action == "create":
		return "+"
	case e.Action == "delete":
		return "−"
	}
	return "~"
}

// splitDiff returns the lines of a unified difference without its heading, which names no files.
func splitDiff(text string) (out []diffLine) {
	if at := strings.Index(text, "@@"); at > 0 && strings.HasPrefix(text, "--- ") {
		text = text[at:]
	}
	for line := range strings.Lines(text) {
		l := diffLine{Text: view.SafeText(strings.TrimSuffix(line, "\n"))}
		switch {
		case strings.HasPrefix(line, "+"):
			l.Class = "add"
		case strings.HasPrefix(line, "-"):
			l.Class = "del"
		case strings.HasPrefix(line, "@@"):
			l.Class = "at"
		}
		out = append(out, l)
	}
	return out
}

// notified is a notification with links to its causes on the page.
type notified struct {
	event.Event
	From []cause
}

// cause is a change that requested an action; ID is "" if it is not on the page.
type cause struct{ Name, ID string }

func listNotified(r view.RunDetail) []notified {
	at := indexChanges(r)
	out := make([]notified, len(r.Notified))
	for i, e := range r.Notified {
		out[i].Event = e
		for _, name := range e.Causes {
			out[i].From = append(out[i].From, cause{name, at[name]})
		}
	}
	return out
}

// indexChanges returns the anchor of each changed resource on the page.
func indexChanges(r view.RunDetail) map[string]string {
	at := make(map[string]string, len(r.Changes))
	for i, e := range r.Changes {
		if at[e.Resource] == "" {
			at[e.Resource] = idOf(i)
		}
	}
	return at
}

func countOwed(es []event.Event) (n int) {
	for _, e := range es {
		if e.Type == event.Held && e.Message == "still owed" {
			n++
		}
	}
	return n
}

// safeLines returns foreign text with safe lines.
func safeLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = view.SafeText(line)
	}
	return strings.Join(lines, "\n")
}

// took writes a duration in tenths of a second.
func took(d time.Duration) string {
	if d < 10*time.Second {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}
