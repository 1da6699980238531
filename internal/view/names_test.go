package view

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"converge/internal/event"
	"converge/internal/resource"
)

// oddName draws a file name of any bytes: letters in several forms of Unicode, bytes that are not text, and text that
// looks like an escape.
func oddName(t *rapid.T) string {
	part := rapid.SampledFrom([]string{"a", "é", "e\u0301", "\u0301", "日", "\xe9", "\xff", "\xc3", `\`, `\xe9`, " "})
	return "/n" + strings.Join(rapid.SliceOfN(part, 1, 6).Draw(t, "name"), "")
}

// asJSON returns a name in the JSON form of the package comment.
func asJSON(name string) string {
	if utf8.ValidString(name) {
		return name
	}
	return escapeInvalid(name)
}

// Every sink shows the bytes of a name, in every form: the value of an attribute, which contains it encoded, an error
// that quotes that value, or one that contains the name itself.
func TestNamesAreShownAsTheirBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := oddName(t)
		enc := resource.EncodeBytes(name)
		raw, err := json.Marshal([]string{enc})
		if err != nil {
			t.Fatal(err)
		}
		whole := strings.ReplaceAll(name, `\`, "") // %q writes a backslash its own way
		e := event.Event{
			Type: event.Failed, Resource: "file.x", Error: fmt.Sprintf("cannot read %q", resource.EncodeBytes(whole)), Message: "at " + enc + ", " + name,
			Removes: []string{enc}, Changes: []event.Attr{{Name: "differing", Before: raw, Diff: "+" + enc + "\n"}}, Place: name + ":1",
		}
		sinksShow(t, e, name, whole)
		recordsShow(t, name, enc)
	})
}

func sinksShow(t *rapid.T, e event.Event, name, whole string) {
	var out bytes.Buffer
	NewJSON(&out).Emit(e)
	got := event.Event{}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("%s: %v", out.String(), err)
	}
	var values []string
	if err := json.Unmarshal(got.Changes[0].Before, &values); err != nil {
		t.Fatal(err)
	}
	quoted := asJSON(`cannot read "` + whole + `"`)
	for _, s := range [][2]string{
		{got.Error, quoted},
		{got.Message, asJSON("at " + name + ", " + name)},
		{got.Removes[0], asJSON(name)},
		{values[0], asJSON(name)},
		{got.Place, asJSON(name + ":1")},
		{got.Changes[0].Diff, asJSON("+" + name + "\n")},
	} {
		if s[0] != s[1] {
			t.Fatalf("JSON has %q, want %q", s[0], s[1])
		}
	}
	out.Reset()
	h := NewHuman(&out, Options{}).apply
	h.writeFailed(e)
	h.writeAttrs(e)
	h.writeText(plain, "", e.Message)
	if err := h.flushTo(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{safe(name), strconv.Quote(name), `"` + safe(whole) + `"`, "at " + safe(name) + ", " + safe(name)} {
		if !strings.Contains(out.String(), want) {
			t.Fatalf("%q is not in %s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "U0010ff") {
		t.Fatalf("the name shows as it is held: %s", out.String())
	}
}

// recordsShow checks the same for the views of the history.
func recordsShow(t *rapid.T, name, enc string) {
	f := []Failure{{Resource: "file.x", Error: enc}}
	for _, write := range []func(io.Writer) error{
		func(w io.Writer) error { return WriteJSON(w, Run{Manifest: enc, Failures: f}) },
		func(w io.Writer) error { return WriteJSON(w, RunDetail{Run: Run{Manifest: enc, Failures: f}}) },
		func(w io.Writer) error { return WriteJSON(w, Status{Manifest: enc, Failures: f}) },
	} {
		var out bytes.Buffer
		var got Run
		if err := write(&out); err != nil || json.Unmarshal(out.Bytes(), &got) != nil {
			t.Fatalf("%v: %s", err, out.String())
		}
		if want := asJSON(name); got.Manifest != want || got.Failures[0].Error != want {
			t.Fatalf("%s has not %q", out.String(), want)
		}
	}
	var out bytes.Buffer
	if err := WriteJSON(&out, Debt{Thing: "path:" + enc, Since: time.Time{}}); err != nil {
		t.Fatal(err)
	}
	var d Debt
	if err := json.Unmarshal(out.Bytes(), &d); err != nil || d.Thing != asJSON("path:"+name) {
		t.Fatalf("%v: %s", err, out.String())
	}
	out.Reset()
	if err := ShowStatus(&out, false, 0, Status{Run: "r", Manifest: enc, Failures: f}); err != nil || strings.Count(out.String(), safe(name)) != 2 {
		t.Fatalf("%v: %s", err, out.String())
	}
}
