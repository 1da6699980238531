package journal

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"
	"pgregory.net/rapid"

	"converge/internal/resource"
	"converge/resources"
)

// entry is a change of /etc/x in short form; content "" means none.
func entry(action resource.Action, name, content string) resource.Change {
	c := resource.Change{Addr: resource.Addr{Kind: "file", Name: name}, Kind: resources.File(nil), Action: action, Key: "path:/etc/x", Have: resource.Absent}
	attrs := map[string]cty.Value{"path": cty.StringVal("/etc/x")}
	if content != "" {
		attrs["content"] = resource.BlobVal(resource.BytesBlob([]byte(content)))
		c.Attrs = []resource.AttrChange{{Name: "content", Want: attrs["content"]}}
	}
	c.Want = cty.ObjectVal(attrs)
	return c
}

// adjusted is a change of an attribute of /etc/x, but not of its content.
func adjusted(name, content string) resource.Change {
	c := entry(resource.Update, name, content)
	c.Attrs = []resource.AttrChange{{Name: "mode", Want: cty.StringVal("0600")}}
	return c
}

// leftAlone is a change that preserves an edited content.
func leftAlone(name, live, content string) resource.Change {
	c := entry(resource.Update, name, content)
	c.Have = cty.ObjectVal(map[string]cty.Value{"content": resource.BlobVal(resource.BytesBlob([]byte(live)))})
	c.Want = resource.With(c.Want, "on_edit", cty.StringVal("keep"))
	return c
}

// The ledger after changes in the same run, in the next one, and after their run was killed.
func TestLedger(t *testing.T) {
	keyless := entry(resource.Create, "x", "a")
	keyless.Key = ""
	secret := entry(resource.Create, "x", "a")
	secret.Secret = map[string]bool{"content": true}
	for _, c := range []struct {
		summary string
		changes []resource.Change
		failed  bool
		want    string // the orphan that converge created
		written string // the content that it wrote last
	}{
		{summary: "created", changes: []resource.Change{entry(resource.Create, "x", "a")}, want: "file.x path:/etc/x a", written: "a"},
		{summary: "a secret too", changes: []resource.Change{secret}, want: "file.x path:/etc/x a", written: "a"},
		{summary: "created without content", changes: []resource.Change{entry(resource.Create, "x", "")}, want: "file.x path:/etc/x -"},
		{summary: "created, then updated under another name", changes: []resource.Change{entry(resource.Create, "x", "a"), entry(resource.Update, "y", "b")}, want: "file.y path:/etc/x b", written: "b"},
		{summary: "created, then deleted", changes: []resource.Change{entry(resource.Create, "x", "a"), entry(resource.Delete, "x", "")}},
		{summary: "found and overwritten", changes: []resource.Change{entry(resource.Update, "x", "a")}, written: "a"},
		{summary: "found and overwritten twice", changes: []resource.Change{entry(resource.Update, "x", "a"), entry(resource.Update, "y", "b")}, written: "b"},
		{summary: "found and overwritten, then deleted", changes: []resource.Change{entry(resource.Update, "x", "a"), entry(resource.Delete, "x", "")}},
		{summary: "found and overwritten, gone, created", changes: []resource.Change{entry(resource.Update, "x", "a"), entry(resource.Create, "y", "b")}, want: "file.y path:/etc/x b", written: "b"},
		{summary: "found, its content right", changes: []resource.Change{adjusted("x", "a")}},
		{summary: "found, a thing without content", changes: []resource.Change{entry(resource.Update, "x", "")}},
		{summary: "created, then adjusted under another name", changes: []resource.Change{entry(resource.Create, "x", "a"), adjusted("y", "b")}, want: "file.y path:/etc/x a", written: "a"},
		{summary: "overwritten, edited, left alone", changes: []resource.Change{entry(resource.Update, "x", "a"), leftAlone("x", "mine", "b")}, written: "a"},
		{summary: "overwritten, then on_edit says keep", changes: []resource.Change{entry(resource.Update, "x", "a"), leftAlone("x", "a", "b")}, written: "b"},
		{summary: "found and deleted", changes: []resource.Change{entry(resource.Delete, "x", "")}},
		{summary: "a command", changes: []resource.Change{entry(resource.Run, "x", "")}},
		{summary: "without a key", changes: []resource.Change{keyless}},
		{summary: "failed", changes: []resource.Change{entry(resource.Create, "x", "a")}, failed: true},
	} {
		for _, end := range []string{"goes on", "finished", "killed"} {
			t.Run(c.summary+"/"+end, func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "state")
				s := open(t, dir)
				r := start(t, s, "r1")
				ctx := context.Background()
				for _, change := range c.changes {
					var failure error
					if c.failed {
						failure = context.DeadlineExceeded
					}
					if err := r.Begin(ctx, oneChange(change), nil); err != nil {
						t.Fatal(err)
					}
					if err := r.Done(ctx, change, at(1), failure); err != nil {
						t.Fatal(err)
					}
				}
				if end == "finished" {
					script(t, r, "finish")
				}
				if end != "goes on" {
					s.Close()
					s = open(t, dir)
				}
				checkLedger(t, s, c.want, c.written)
			})
		}
	}
}

func checkLedger(t *testing.T, s *State, want, written string) {
	t.Helper()
	content := func(digest string) string {
		for _, c := range []string{"a", "b"} {
			if s.seal.isSame(digest, digestString(c)) {
				return c
			}
		}
		return "-"
	}
	var got string
	for _, e := range s.Orphans(func(string) bool { return false }) {
		got += fmt.Sprint(e.Addr, " ", e.Key, " ", content(e.Digest))
		if e.ID() != "/etc/x" {
			t.Errorf("ID is %s", e.ID())
		}
	}
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, c := range []string{"a", "b"} {
		if same, ok := s.Wrote("path:/etc/x", digestString(c)); ok != (written != "") || same != (c == written) {
			t.Errorf("written last: %q: %v, %v, want %q", c, same, ok, written)
		}
	}
	if o := s.Orphans(func(key string) bool { return key == "path:/etc/x" }); len(o) != 0 {
		t.Errorf("declared, and still an orphan: %v", o)
	}
	if same, ok := s.Wrote("path:/other", ""); same || ok {
		t.Error(same, ok)
	}
}

// Whatever the names are, the ledger is read back as it was written.
func TestLedgerFile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringOf(rapid.SampledFrom([]rune("ab/\\\t\n\"ü-tn ")))
		l := &ledger{entries: map[string]ledgerValue{}}
		for range rapid.IntRange(0, 6).Draw(t, "entries") {
			digest := rapid.SampledFrom([]string{"", digestString("x")}).Draw(t, "digest")
			l.entries[name.Draw(t, "key")] = ledgerValue{digest, name.Draw(t, "addr"), rapid.Bool().Draw(t, "found"), drawHolds(t, name), "{" + name.Draw(t, "original")}
		}
		text := string(l.encodeLedger("r1"))
		var back ledger
		if err := back.parseLedger("ledger", text); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if d := cmp.Diff(l.allEntries(), back.allEntries(), cmp.AllowUnexported(ledgerValue{})); d != "" {
			t.Fatalf("%s\n%s", d, text)
		}
		if again := string(back.encodeLedger("r1")); again != text {
			t.Fatalf("%s\n%s", text, again)
		}
	})
}

func TestLedgerIsSortedText(t *testing.T) {
	l := &ledger{entries: map[string]ledgerValue{
		"path:/b": {"", "directory.b", false, "", ""}, "path:/a": {"00ff", "file.a", false, "", ""}, "path:/c": {"11ff", "file.c", true, "web", ""}, "user:www": {"", `user["www"]`, false, "/srv/a.hcl\tpath:/x\t", `{"before":{}}`},
	}}
	want := "converge-ledger 1 r1 5 "
	head, body, _ := strings.Cut(string(l.encodeLedger("r1")), "\n")
	if !strings.HasPrefix(head, want) {
		t.Errorf("head is %q", head)
	}
	if d := cmp.Diff("path:/a\t00ff\tfile.a\npath:/b\t-\tdirectory.b\npath:/c\t~11ff\tfile.c\tweb\nuser:www\t-\tuser[\"www\"]\t/srv/a.hcl\tpath:/x\t\nwas:user:www\t~{\"before\":{}}\tuser[\"www\"]\n", body); d != "" {
		t.Error(d)
	}
}

// The plain digests of secrets from an older version are sealed.
func TestSealWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	s := open(t, dir)
	for _, name := range []string{"x", "y"} {
		s.memory.ledger.allEntries()["path:/etc/"+name] = ledgerValue{digest: digestString(name), addr: "file." + name}
	}
	if s.Secrets() != nil {
		t.Error("there is no secret yet")
	}
	s.SealWritten([]string{"path:/etc/x", "path:/etc/none", ""})
	if got := s.Secrets(); len(got) != 1 || !got["path:/etc/x"][""] {
		t.Error(got)
	}
	for _, name := range []string{"x", "y"} {
		if same, known := s.Wrote("path:/etc/"+name, digestString(name)); !same || !known {
			t.Error(name, same, known)
		}
	}
	script(t, start(t, s, "r2"), "begin z\ndone z 3\nfinish")
	s.Close()
	if got := open(t, dir).Secrets(); len(got) != 1 {
		t.Error("it is not saved")
	}
}
