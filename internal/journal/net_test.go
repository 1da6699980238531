package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/notify"
	"converge/internal/resource"
	"converge/resources"
)

// Several steps of one thing are one change: from the state before the first to the wanted state of the last.
func TestNet(t *testing.T) {
	step := func(name string, state StepState, before, after string, batch int) Step {
		return Step{
			Addr: addr("file." + name), Key: "path:/" + name, State: state, Batch: batch,
			Before: json.RawMessage(before), After: json.RawMessage(after),
		}
	}
	along := step("x", Done, `{"a":0}`, `{"a":1}`, 0)
	along.Also, along.Addr = true, addr("file.other")
	d := &RunDetail{Steps: []Step{
		along, step("x", Done, `{"a":1}`, `{"a":2}`, 1), step("y", Same, "null", "{}", 1), step("z", Begun, "null", "{}", 2),
	}}
	var got []string
	for _, n := range d.NetChanges() {
		got = append(got, fmt.Sprintf("%s %s→%s batch=%d whole=%v also=%v steps=%d", n.Addr, n.Before, n.After, n.Batch, n.Whole, n.Also, len(n.Steps)))
	}
	want := []string{`file.x {"a":0}→{"a":2} batch=1 whole=true also=false steps=2`, `file.z null→{} batch=2 whole=false also=false steps=1`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !d.Changed() || (&RunDetail{Steps: []Step{step("y", Same, "null", "{}", 1)}}).Changed() {
		t.Error("a run did something if one step did not come to nothing")
	}
}

func TestFind(t *testing.T) {
	runs := []RunSummary{{ID: "20261102-b"}, {ID: "20261101-a"}, {ID: "2026"}}
	for prefix, want := range map[string]string{
		"last": "20261102-b", "20261101": "20261101-a", "2026": "2026", "20261102-b": "20261102-b",
		"20": "3 runs begin with", "x": `there is no run "x"`, "": `there is no run ""`,
	} {
		r, err := Find(runs, prefix)
		if got := r.ID; got != want && (err == nil || !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("%q: %q, %v", prefix, got, err)
		}
	}
	if _, err := Find(nil, "last"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// A run describes each target of its debts once, and without secrets.
func TestNotified(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "state"))
	r := start(t, s, "r1")
	service := &resource.Resource{Addr: addr("service.x"), Secret: map[string]bool{"key": true}, Want: cty.ObjectVal(map[string]cty.Value{
		"name": cty.StringVal("x.service"), "key": cty.StringVal("hunter2"),
	})}
	asked := 0
	r.Site = func(a resource.Addr) *resource.Resource {
		if asked++; a == service.Addr {
			return service
		}
		return nil
	}
	for _, target := range []string{"service.x", "service.x", "service.gone"} {
		if err := r.Begin(t.Context(), nil, []notify.Debt{debt(target, "restart", "file.a", "r1")}); err != nil {
			t.Fatal(err)
		}
	}
	d, err := s.Detail("r1")
	if err != nil {
		t.Fatal(err)
	}
	want := map[resource.Addr]json.RawMessage{service.Addr: json.RawMessage(`{"key":{"$secret":true},"name":"x.service"}`)}
	if diff := cmp.Diff(want, d.Notified); diff != "" || asked != 2 {
		t.Error(asked, diff)
	}
}

// A step is read back as written, except contents that were not kept.
func TestValue(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "state"))
	kept, err := s.KeepBytes(t.Context(), []byte("old\n"))
	if err != nil {
		t.Fatal(err)
	}
	lost := strings.Repeat("0", 64)
	k := resources.File(nil)
	raw := fmt.Sprintf(`{"content":{"$content":{"digest":"%s","size":4}},"mode":"0644","other":[1],"gone":{"$content":{"digest":"%s","size":9},"$secret":true},"key":{"$secret":true}}`, kept, lost)
	v, secret, err := s.Value(json.RawMessage(raw), k)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]bool{"gone": true, "key": true}, secret); diff != "" {
		t.Error(diff)
	}
	if resource.StringAttr(v, "mode") != "0644" || resource.HasAttr(v, "key") || !resource.HasAttr(v, "other") {
		t.Errorf("%#v", v)
	}
	rd, err := resource.AsBlob(v.GetAttr("content")).Open()
	if err != nil {
		t.Fatal(err)
	}
	defer rd.Close()
	if text, err := io.ReadAll(rd); err != nil || string(text) != "old\n" {
		t.Errorf("%q %v", text, err)
	}
	if _, err := resource.AsBlob(v.GetAttr("gone")).Open(); !errors.Is(err, errNotKept) {
		t.Error(err)
	}
	if v, _, err := s.Value(json.RawMessage("null"), k); err != nil || !v.IsNull() {
		t.Error(v, err)
	}
}

func FuzzValue(f *testing.F) {
	for _, seed := range []string{
		`null`, `{}`, `{"mode":"0644"}`, `{"mode":7}`, `{"content":{"$content":{"digest":"ab","size":-3}}}`, `{"content":{"$content":null,"$secret":true}}`,
		`{"content":{"$content":[]}}`, `[1]`, `{"x":{"$secret":"no"}}`, `{"verify":["a",null]}`,
	} {
		f.Add([]byte(seed))
	}
	s := newState(&folder{readOnly: true}, nil)
	k := resources.File(nil)
	f.Fuzz(func(t *testing.T, raw []byte) {
		v, secret, err := s.Value(raw, k)
		if err != nil {
			return
		}
		for name := range secret {
			if resource.HasAttr(v, name) && resource.AsBlob(v.GetAttr(name)) == nil {
				t.Errorf("secret %q is read as %#v", name, v)
			}
		}
	})
}
