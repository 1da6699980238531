package edit

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// What somebody makes of a part between the record of its change and the writing of the file is left
// alone, and the change fails. What somebody does to the rest of the file is kept.
func TestWhatCameSinceTheRecordIsKept(t *testing.T) {
	a := resourcetest.Attrs
	const env = "A=1\nB=1\n"
	for name, e := range map[string]struct {
		path, given string // "": it is missing
		kind        func(resource.Provider) *resource.Kind
		want        map[string]cty.Value
		then        string // what somebody writes
		holds       string // what there is after that
		refused     bool
	}{
		"another key":            {path: "/etc/x.env", given: env, kind: resources.Setting, want: a("key", "A", "value", "2"), then: "A=1\nB=7\nC=1\n", holds: "A=2\nB=7\nC=1\n"},
		"the same key":           {path: "/etc/x.env", given: env, kind: resources.Setting, want: a("key", "A", "value", "2"), then: "A=7\nB=1\n", refused: true},
		"the key went":           {path: "/etc/x.env", given: env, kind: resources.Setting, want: a("key", "A", "value", "2"), then: "B=1\n", refused: true},
		"the key came":           {path: "/etc/x.env", given: "B=1\n", kind: resources.Setting, want: a("key", "A", "value", "2"), then: env, refused: true},
		"the same, to be absent": {path: "/etc/x.env", given: env, kind: resources.Setting, want: a("key", "A", "ensure", "absent"), then: "A=7\nB=1\n", refused: true},
		"another assignment":     {path: "/etc/x.env", given: "A=1\nA=2\n", kind: resources.Setting, want: a("key", "A", "value", "3", "duplicates", "remove"), then: "A=9\nA=2\n", refused: true},
		"the file came":          {path: "/etc/x.env", kind: resources.Setting, want: a("key", "A", "value", "2", "create", true), then: "B=1\n", refused: true},
		"ini":                    {path: "/etc/x.ini", given: "[s]\na = 1\nb = 1\n", kind: resources.Setting, want: a("section", "s", "key", "a", "value", "2"), then: "[s]\na = 7\nb = 1\n", refused: true},
		"ini, another section":   {path: "/etc/x.ini", given: "[s]\na = 1\n", kind: resources.Setting, want: a("section", "s", "key", "a", "value", "2"), then: "[t]\na = 7\n[s]\na = 1\n", holds: "[t]\na = 7\n[s]\na = 2\n"},
		"json":                   {path: "/etc/x.json", given: `{"a": 1, "b": 1}`, kind: resources.Setting, want: a("key", "a", "value", 2), then: `{"a": 7, "b": 1}`, refused: true},
		"json, another key":      {path: "/etc/x.json", given: `{"a": 1, "b": 1}`, kind: resources.Setting, want: a("key", "a", "value", 2), then: `{"a": 1, "b": 7}`, holds: `{"a": 2, "b": 7}`},
		"yaml":                   {path: "/etc/x.yaml", given: "a: 1\nb: 1\n", kind: resources.Setting, want: a("key", "a", "value", 2), then: "a: 7\nb: 1\n", refused: true},
		"line":                   {path: "/etc/x", given: "a 1\nb\n", kind: resources.Line, want: a("line", "a 2", "match", "^a"), then: "a 7\nb\n", refused: true},
		"another line":           {path: "/etc/x", given: "a 1\nb\n", kind: resources.Line, want: a("line", "a 2", "match", "^a"), then: "a 1\nc\n", holds: "a 2\nc\n"},
		"block":                  {path: "/etc/x", given: "# BEGIN m\n1\n# END m\n", kind: resources.Block, want: a("marker", "m", "content", "2\n"), then: "# BEGIN m\n7\n# END m\n", refused: true},
		"beside a block":         {path: "/etc/x", given: "# BEGIN m\n1\n# END m\n", kind: resources.Block, want: a("marker", "m", "content", "2\n"), then: "x\n# BEGIN m\n1\n# END m\n", holds: "x\n# BEGIN m\n2\n# END m\n"},
	} {
		t.Run(name, func(t *testing.T) {
			w := world(t)
			p := w.Provider.(*Provider)
			if e.given != "" {
				write(e.path, e.given)(t, w)
			}
			e.want["path"] = cty.StringVal(e.path)
			c, recorded := recordChange(t, p, resourceOf(t, w, e.kind, "x", e.want))
			write(e.path, e.then)(t, w)
			err := p.ApplyAll(t.Context(), []resource.Change{c}, recorded).Err(0)
			if e.refused != errors.Is(err, fsys.ErrChanged) || e.refused != errors.Is(err, resource.ErrUntouched) || !e.refused && err != nil {
				t.Errorf("apply: %v", err)
			}
			if e.refused {
				e.holds = e.then
			}
			resourcetest.Holds(e.path, e.holds)(t, w)
		})
	}
}

// Of several parts of a file the one that somebody has changed is left alone, and the others are made.
func TestOnlyWhatChangedSinceTheRecordFails(t *testing.T) {
	w, a := world(t), resourcetest.Attrs
	p := w.Provider.(*Provider)
	write("/etc/x.env", "A=1\nB=1\n")(t, w)
	var cs []resource.Change
	var full []resource.Change
	for _, key := range []string{"A", "B"} {
		cs = append(cs, resourcetest.Plan(t, resourceOf(t, w, resources.Setting, key, a("path", "/etc/x.env", "key", key, "value", "2"))))
	}
	p.Gather(t.Context(), cs)
	for _, c := range cs {
		f, _, err := p.Record(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		full = append(full, f)
	}
	write("/etc/x.env", "A=7\nB=1\n")(t, w)
	out := p.ApplyAll(t.Context(), cs, resource.Forecast{Recorded: func(i int) (resource.Change, []resource.Change) { return full[i], nil }})
	if !errors.Is(out.Err(0), fsys.ErrChanged) || out.Err(1) != nil {
		t.Error(out.Errs)
	}
	resourcetest.Holds("/etc/x.env", "A=7\nB=2\n")(t, w)
}

// A link that leads to another file since the record leads to nothing that was recorded.
func TestAPartBehindAnotherLinkIsLeftAlone(t *testing.T) {
	w, a := world(t), resourcetest.Attrs
	p, link := w.Provider.(*Provider), filepath.Join(w.Root, "etc/l.env")
	write("/etc/a.env", "A=1\n")(t, w)
	write("/etc/b.env", "A=1\n")(t, w)
	if err := os.Symlink("a.env", link); err != nil {
		t.Fatal(err)
	}
	c, recorded := recordChange(t, p, resourceOf(t, w, resources.Setting, "x", a("path", "/etc/l.env", "key", "A", "value", "2")))
	if err := errors.Join(os.Remove(link), os.Symlink("b.env", link)); err != nil {
		t.Fatal(err)
	}
	if err := p.ApplyAll(t.Context(), []resource.Change{c}, recorded).Err(0); !errors.Is(err, fsys.ErrChanged) {
		t.Error(err)
	}
	resourcetest.Holds("/etc/b.env", "A=1\n")(t, w)
}

func recordChange(t *testing.T, p *Provider, r *resource.Resource) (resource.Change, resource.Forecast) {
	t.Helper()
	c := resourcetest.Plan(t, r)
	p.Gather(t.Context(), []resource.Change{c})
	full, also, err := p.Record(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return c, resource.Forecast{Recorded: func(int) (resource.Change, []resource.Change) { return full, also }}
}

// A backup that somebody has written since is not replaced.
func TestABackupThatCameSinceTheRecordStays(t *testing.T) {
	for name, then := range map[string]string{"another content": "theirs\n", "the same": "old\n"} {
		t.Run(name, func(t *testing.T) {
			w, a := world(t), resourcetest.Attrs
			p := w.Provider.(*Provider)
			p.Beside = besideOf("old\n")
			write("/etc/x.env", "A=1\n")(t, w)
			write("/etc/x.env.bak", "old\n")(t, w)
			c, recorded := recordChange(t, p, resourceOf(t, w, resources.Setting, "x", a("path", "/etc/x.env", "key", "A", "value", "2", "backup", true)))
			write("/etc/x.env.bak", then)(t, w)
			err := p.ApplyAll(t.Context(), []resource.Change{c}, recorded).Err(0)
			if isOther := then != "old\n"; errors.Is(err, fsys.ErrChanged) != isOther {
				t.Error(err)
			} else if isOther {
				resourcetest.Holds("/etc/x.env.bak", then)(t, w)
			}
		})
	}
}

// besideOf records a backup that replaces a content.
type besideOf string

func (old besideOf) RecordBeside(context.Context, string, *resource.Blob) ([]resource.Change, error) {
	was := resources.Entry{FileOptions: resources.FileOptions{Contents: resources.Contents{Content: resource.BytesBlob([]byte(old))}}}
	return []resource.Change{{Have: resource.Encode(was)}}, nil
}
