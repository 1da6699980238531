package files_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
	"converge/internal/providers/files"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// What somebody does between the record of a change and its staging is in no record: the change
// fails, nothing of it is made, and what is there stays.
func TestWhatCameSinceTheRecordStays(t *testing.T) {
	link := attrs("path", "/l", "target", "new")
	purged := attrs("path", "/d", "purge", true)
	gone := attrs("path", "/d", "purge", true, "ensure", "absent")
	below := attrs("path", "/d", "recurse", true, "mode", "0755")
	parents := attrs("path", "/p/q/r", "parents", true)
	for name, e := range map[string]struct {
		given []string
		kind  func(resource.Provider) *resource.Kind
		want  map[string]cty.Value
		do    []string // what somebody does: see effect.given, and "- PATH" to remove
		err   string
	}{
		"a file came": {
			kind: resources.File, want: attrs("path", "/a", "content", "new"), do: []string{"f /a theirs"},
			err: `cannot create "/a": `,
		},
		"a file has other bytes of the same length": {
			given: []string{"f /a old"}, kind: resources.File, want: attrs("path", "/a", "content", "new"), do: []string{"f /a odd"},
			err: `cannot replace "/a": `,
		},
		"a file to be removed was written": {
			given: []string{"f /a old"}, kind: resources.File, want: attrs("path", "/a", "ensure", "absent"), do: []string{"f /a theirs"},
			err: `cannot remove "/a": `,
		},
		"a file to be removed went": {
			given: []string{"f /a old"}, kind: resources.File, want: attrs("path", "/a", "ensure", "absent"), do: []string{"- /a"},
			err: `cannot remove "/a": `,
		},
		"a file went": {
			given: []string{"f /a old"}, kind: resources.File, want: attrs("path", "/a", "content", "new"), do: []string{"- /a"},
			err: `cannot replace "/a": `,
		},
		"a file became a directory": {
			given: []string{"f /a old"}, kind: resources.File, want: attrs("path", "/a", "content", "new"), do: []string{"- /a", "d /a"},
			err: `cannot replace "/a": `,
		},
		"a link became a file": {
			given: []string{"l /a /b"}, kind: resources.File, want: attrs("path", "/a", "content", "new", "force", true), do: []string{"- /a", "f /a theirs"},
			err: `cannot replace "/a": `,
		},
		"a backup came": {
			given: []string{"f /a old"}, kind: resources.File, want: attrs("path", "/a", "content", "new", "backup", true), do: []string{"f /a.bak theirs"},
			err: `cannot replace "/a.bak": `,
		},
		"a link came":               {kind: resources.Link, want: link, do: []string{"l /l theirs"}, err: `cannot create "/l": `},
		"a link leads elsewhere":    {given: []string{"l /l old"}, kind: resources.Link, want: link, do: []string{"- /l", "l /l odd"}, err: `cannot replace "/l": `},
		"a directory came":          {kind: resources.Directory, want: attrs("path", "/d"), do: []string{"d /d"}, err: `cannot create "/d": `},
		"a purged file was written": {given: []string{"d /d", "f /d/a old"}, kind: resources.Directory, want: purged, do: []string{"f /d/a odd"}, err: `cannot remove "/d/a": `},
		"a purged file went":        {given: []string{"d /d", "f /d/a old", "f /d/b x"}, kind: resources.Directory, want: purged, do: []string{"- /d/a"}, err: `cannot remove "/d/a": `},
		"a file came in a purged folder": {
			given: []string{"d /d", "d /d/e", "f /d/e/a old"}, kind: resources.Directory, want: purged, do: []string{"f /d/e/b theirs"},
			err: `cannot remove "/d/e/b": `,
		},
		"a file came in a removed folder": {
			given: []string{"d /d", "d /d/e", "f /d/e/a old"}, kind: resources.Directory, want: gone, do: []string{"f /d/e/b theirs"},
			err: `cannot remove "/d/e/b": `,
		},
		"a link in a removed folder leads elsewhere": {
			given: []string{"d /d", "l /d/l old"}, kind: resources.Directory, want: gone, do: []string{"- /d/l", "l /d/l odd"},
			err: `cannot remove "/d/l": `,
		},
		"a file of a removed folder went": {
			given: []string{"d /d", "d /d/e", "f /d/e/a old"}, kind: resources.Directory, want: gone, do: []string{"- /d/e/a"},
			err: `cannot remove "/d/e/a": `,
		},
		"a file has another mode":              {given: []string{"f /a x", "m 0640 /a"}, kind: resources.File, want: attrs("path", "/a", "mode", "0644"), do: []string{"m 0600 /a"}, err: `cannot change "/a": `},
		"a file to be removed has another":     {given: []string{"f /a x", "m 0640 /a"}, kind: resources.File, want: attrs("path", "/a", "ensure", "absent"), do: []string{"m 0600 /a"}, err: `cannot remove "/a": `},
		"a directory has another mode":         {given: []string{"d /d", "m 0750 /d"}, kind: resources.Directory, want: attrs("path", "/d", "mode", "0755"), do: []string{"m 0700 /d"}, err: `cannot change "/d": `},
		"a file below has another mode":        {given: []string{"d /d", "f /d/a x", "f /d/b x", "m 0640 /d/a", "m 0640 /d/b"}, kind: resources.Directory, want: below, do: []string{"m 0600 /d/b"}, err: `cannot change "/d/b": `},
		"a file below is a directory":          {given: []string{"d /d", "f /d/a x", "f /d/b x", "m 0640 /d/a", "m 0640 /d/b"}, kind: resources.Directory, want: below, do: []string{"- /d/b", "d /d/b", "m 0700 /d/b"}, err: `cannot change "/d/b": `},
		"the directory above has another mode": {given: []string{"d /d", "f /d/a x", "m 0640 /d/a"}, kind: resources.Directory, want: below, do: []string{"m 0700 /d"}, err: `cannot change "/d": `},
		"a purged file has another mode":       {given: []string{"d /d", "f /d/a x", "m 0640 /d/a"}, kind: resources.Directory, want: purged, do: []string{"m 0600 /d/a"}, err: `cannot remove "/d/a": `},
		"a folder on the way came":             {kind: resources.Directory, want: parents, do: []string{"d /p"}, err: `cannot create "/p": `},
		"a folder on the way went":             {given: []string{"d /p", "d /p/q"}, kind: resources.Directory, want: parents, do: []string{"- /p/q"}, err: `cannot create "/p/q": `},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t, files.Options{})
			os.RemoveAll(m.root + "/etc")
			effect{given: e.given}.arrange(t, m.root)
			r, err := resourcetest.Build(e.kind(m.p), m.world(), "x", e.want)
			if err != nil {
				t.Fatal(err)
			}
			c, recorded := recordChange(t, m.p, r)
			for _, line := range e.do {
				if path, ok := strings.CutPrefix(line, "- "); ok {
					os.RemoveAll(m.root + path)
					continue
				}
				effect{given: []string{line}}.arrange(t, m.root)
			}
			before := perms(t, m.root)
			err = m.p.ApplyAll(t.Context(), []resource.Change{c}, recorded).Err(0)
			if want := e.err + "it was changed since it was looked at: apply again"; text(err) != want {
				t.Errorf("apply: %v\nwant: %s", err, want)
			}
			if !errors.Is(err, resource.ErrUntouched) || !errors.Is(err, fsys.ErrChanged) {
				t.Errorf("the error says nothing of what was made: %v", err)
			}
			if d := cmp.Diff(before, perms(t, m.root)); d != "" {
				t.Errorf("the machine after (-want +got):\n%s", d)
			}
		})
	}
}

// recordChange plans and records the change of a resource.
func recordChange(t *testing.T, p *files.Provider, r *resource.Resource) (resource.Change, resource.Forecast) {
	t.Helper()
	have, err := p.Observe(t.Context(), r.Want)
	if err != nil {
		t.Fatal(err)
	}
	c := resource.Diff(r, have)
	full, also, err := p.Record(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return c, resource.Forecast{Recorded: func(int) (resource.Change, []resource.Change) { return full, also }}
}
