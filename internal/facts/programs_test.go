package facts

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"converge/internal/resource/resourcetest"
)

// TestPrograms shows the result of each program in one folder: failing ones do not affect the others.
func TestPrograms(t *testing.T) {
	t.Setenv("CONVERGE_VAR_secret", "hunter2")
	dir := t.TempDir()
	for name, c := range map[string]struct {
		text string
		mode os.FileMode
	}{
		"rack.sh":   {"echo '{\"row\": 3, \"names\": [\"a\", true]}'", 0o755},
		"number":    {"echo 7", 0o700},
		"env":       {"env | grep -q hunter2 && echo true || echo false", 0o755},
		"hangs":     {"trap '' TERM; while :; do read x </dev/tty || sleep 1000; done", 0o755},
		"fails":     {"echo 1; echo 'no disk' >&2; echo more >&2; exit 3", 0o755},
		"rubbish":   {"echo '1, \"x\": 2'", 0o755},
		"nothing":   {"true", 0o755},
		"null":      {"echo null", 0o755},
		"large":     {"head -c 2000000 /dev/zero | tr '\\0' 1", 0o755},
		"writable":  {"echo 1", 0o777},
		"rack.zzz":  {"echo 1", 0o755},
		"README":    {"", 0o644},
		".hidden":   {"echo 1", 0o755},
		"not.there": {"", 0},
	} {
		path := filepath.Join(dir, name)
		if c.mode == 0 {
			if err := os.Symlink("nowhere", path); err != nil {
				t.Fatal(err)
			}
			continue
		}
		resourcetest.WriteProgram(t, path, "#!/bin/sh\n"+c.text+"\n")
		if err := os.Chmod(path, c.mode); err != nil {
			t.Fatal(err)
		}
	}
	var warned []string
	node, err := Lazy(t.Context(), NodeOptions{Programs: dir, Warn: func(s string) { warned = append(warned, strings.ReplaceAll(s, dir, "DIR")) }})
	if err != nil {
		t.Fatal(err)
	}
	if warned != nil {
		t.Fatal("a program was run before a fact was asked for")
	}
	v, err := node.OnUse["custom"]()
	if err != nil {
		t.Fatal(err)
	}
	b, err := ctyjson.Marshal(v, v.Type())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(`{"env":false,"fails":null,"hangs":null,"large":null,"nothing":null,"null":null,"number":7,"rack":{"names":["a",true],"row":3},"rubbish":null,"writable":null}`, string(b)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{
		"DIR/rack.zzz is not run: DIR/rack.sh is the program for node.custom.rack",
		"node.custom.fails is null: DIR/fails: exit status 3: no disk",
		"node.custom.hangs is null: DIR/hangs: it took longer than 5s and was ended",
		"node.custom.large is null: DIR/large: it prints more than 1 MiB",
		"node.custom.nothing is null: DIR/nothing: it does not print JSON",
		"node.custom.null is null: DIR/null: it prints null",
		"node.custom.rubbish is null: DIR/rubbish: it does not print JSON",
		"node.custom.writable is null: DIR/writable: it is not run: others than the owner can write to DIR/writable; chmod go-w DIR/writable",
	}, warned); d != "" {
		t.Error(d)
	}
	all, err := node.All()
	if err != nil {
		t.Fatal(err)
	}
	if custom := all.GetAttr("custom"); !custom.GetAttr("hangs").IsNull() || custom.GetAttr("number").IsNull() {
		t.Error("converge facts does not show which facts could not be found")
	}
}

// TestProgramsOfOthers: no program runs from a folder that other users can write to, or for another tree.
func TestProgramsOfOthers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	made := filepath.Join(dir, "made")
	inner := filepath.Join(dir, "facts.d")
	if err := os.Mkdir(inner, 0o755); err != nil {
		t.Fatal(err)
	}
	resourcetest.WriteProgram(t, filepath.Join(inner, "x"), "#!/bin/sh\ntouch "+made+"\necho 1\n")
	tree, err := Lazy(t.Context(), NodeOptions{Root: dir, Programs: inner})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := tree.OnUse["custom"](); err != nil || v.LengthInt() != 0 {
		t.Errorf("of a tree: %#v, %v", v, err)
	}
	if err := os.Chmod(inner, 0o777); err != nil {
		t.Fatal(err)
	}
	node, err := Lazy(t.Context(), NodeOptions{Programs: inner})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := node.OnUse["custom"](); err == nil || !strings.Contains(err.Error(), "others than the owner can write to "+inner) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(made); err == nil {
		t.Error("the program was run")
	}
}

// TestLinkedPrograms: a link is followed if no other user can redirect it.
func TestLinkedPrograms(t *testing.T) {
	top := t.TempDir()
	at := func(name string) string { return filepath.Join(top, name) }
	var errs []error
	for _, dir := range []string{"facts.d", "root", "open", "open/mine"} {
		errs = append(errs, os.Mkdir(at(dir), 0o755))
	}
	for _, file := range []string{"root/good", "open/mine/bad"} {
		resourcetest.WriteProgram(t, at(file), "#!/bin/sh\necho 1\n")
	}
	for link, to := range map[string]string{
		"facts.d/good": "../root/good", "facts.d/bad": "../open/mine/bad", "facts.d/around": at("open/back"), "open/back": "../root/good",
		"facts.d/folder": "../root/way/bad", "root/way": "../open/mine",
	} {
		errs = append(errs, os.Symlink(to, at(link)))
	}
	errs = append(errs, os.Chmod(at("open"), 0o777))
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	var warned []string
	node, err := Lazy(t.Context(), NodeOptions{Programs: at("facts.d"), Warn: func(s string) { warned = append(warned, s) }})
	if err != nil {
		t.Fatal(err)
	}
	v, err := node.OnUse["custom"]()
	if err != nil || v.LengthInt() != 4 || v.GetAttr("good").IsNull() {
		t.Errorf("%#v, %v", v, err)
	}
	why := ": it is not run: others than the owner can write to " + at("open") + "; chmod go-w " + at("open")
	slices.Sort(warned)
	var want []string
	for _, name := range []string{"around", "bad", "folder"} {
		want = append(want, "node.custom."+name+" is null: "+at("facts.d/"+name)+why)
	}
	if d := cmp.Diff(want, warned); d != "" {
		t.Error(d)
	}
}

func FuzzParseFact(f *testing.F) {
	for _, text := range []string{`{"a": [1, null]}`, `1, "x": 2`, "null", `"x"`, "[]", "[1, \"a\", {}]"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if v, err := parseFact(text); err == nil && (v.IsNull() || !v.IsWhollyKnown()) {
			t.Errorf("%q becomes %#v", text, v)
		}
	})
}
