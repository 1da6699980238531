package view

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"converge/internal/event"
)

func TestSafe(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", ""},
		{"plain, ünïcode, 漢字, 🙂", "plain, ünïcode, 漢字, 🙂"},
		{"a\tb\nc", `a\tb\nc`},
		{"\x1b[31mred", `\x1b[31mred`},
		{"\x00\x7f", `\x00\x7f`},
		{"\u009b1m", `\u009b1m`},
		{"\xff\xc3", `\xff\xc3`},
		{"\uFFFD", "\uFFFD"},
		{"a\U0010ffe8", `a\xe8`},
		{"\u202eexe.gnp\u2066", `\u202eexe.gnp\u2066`},
		{"\u2028\u200b\ufeff", `\u2028\u200b\ufeff`},
	} {
		if got := safe(tt.in); got != tt.want {
			t.Errorf("safe(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestClipAndWrap(t *testing.T) {
	for _, tt := range []struct {
		in   string
		most int
		want string
	}{
		{"short", 5, "short"}, {"longer", 5, "long…"}, {"漢字漢字", 5, "漢字…"}, {"e\u0301e\u0301", 2, "e\u0301e\u0301"},
	} {
		if got := clip(tt.in, tt.most); got != tt.want {
			t.Errorf("clip(%q, %d) = %q, want %q", tt.in, tt.most, got, tt.want)
		}
	}
	got := strings.Join(wrap("one two three-is-long four", 9), "|")
	if want := "one two|three-is-long|four"; got != want {
		t.Errorf("wrap = %q, want %q", got, want)
	}
}

// FuzzHuman checks that no foreign byte controls the terminal, in any field of any event.
func FuzzHuman(f *testing.F) {
	f.Add("\x1b[2J", "--- a\n+++ b\n@@ -1 +1 @@\n-\r\n+\xff", []byte(`{"digest":"0123456789abcdef","size":1}`))
	f.Add(`package["x"]`, "", []byte(`["\u001b", {"a": 1e400}]`))
	f.Fuzz(func(t *testing.T, s, diff string, raw []byte) {
		var out bytes.Buffer
		h := NewHuman(&out, Options{Width: 40, Verbose: true})
		h.Emit(event.Event{Type: event.RunStarted, Mode: "plan"})
		for _, typ := range []event.Type{
			event.Planned, event.Forecast, event.Orphaned, event.Owes, event.PlanFinished, event.Waiting, event.Recovered,
			event.Applied, event.Restored, event.Failed, event.Skipped, event.Notified, event.Held, event.Warning, event.RunFinished,
		} {
			for _, action := range []string{"none", "create", "update", "delete", "run", s} {
				h.Emit(event.Event{
					Type: typ, Run: s, Resource: s, Place: s, Action: action, Tentative: true, Notes: []string{s},
					Verb: s, When: s, Causes: []string{s, s, s, s}, Message: s, Error: s, Counts: &event.Counts{Create: 1},
					Changes: []event.Attr{{Name: s, Before: raw, After: raw, Diff: diff}, {Name: "version", After: raw}, {Name: "provider", After: raw}},
				})
			}
		}
		h.Close()
		if !utf8.Valid(out.Bytes()) {
			t.Fatal("output is not UTF-8")
		}
		for _, r := range out.String() {
			if r != '\n' && r != '\t' && !strconv.IsPrint(r) {
				t.Fatalf("%q reached the terminal", r)
			}
		}
	})
}
