package resources_test

import (
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource/resourcetest"
	"converge/resources"
)

func tuple(words ...string) cty.Value {
	vs := []cty.Value{}
	for _, w := range words {
		vs = append(vs, cty.StringVal(w))
	}
	return cty.TupleVal(vs)
}

func TestExecRefuses(t *testing.T) {
	for _, tt := range []struct {
		name  string
		attrs []any
		want  string
	}{
		{"nothing to run", nil, "command is required"},
		{"no words", []any{"command", cty.EmptyTupleVal}, "command must name a program"},
		{"an empty word first", []any{"command", tuple("", "x")}, "command must name a program"},
		{"an empty string", []any{"command", " "}, "command must not be empty"},
		{"a number", []any{"command", cty.NumberIntVal(1)}, "command must be a list of words, or a string for the shell"},
		{"a number among words", []any{"command", cty.TupleVal([]cty.Value{cty.StringVal("x"), cty.NumberIntVal(1)})}, "command must hold nothing but strings"},
		{"a null among words", []any{"command", cty.TupleVal([]cty.Value{cty.StringVal("x"), cty.NullVal(cty.String)})}, "command must hold nothing but strings"},
		{"a NUL byte", []any{"command", tuple("a\x00b")}, "command must not contain a NUL byte"},
		{"an object", []any{"command", "x", "unless", cty.EmptyObjectVal}, "unless must be a list of words, or a string for the shell"},
		{"a relative path", []any{"command", "x", "creates", "made"}, "creates must be an absolute path, which begins with a slash"},
		{"a timeout without unit", []any{"command", "x", "timeout", "30"}, `timeout must be a duration like "90s" or "1h30m": write "30s"`},
		{"a timeout in words", []any{"command", "x", "timeout", "5 minutes"}, `timeout must be a duration like "90s" or "1h30m": write "5m"`},
		{"no time at all", []any{"command", "x", "timeout", "0s"}, `timeout must be a duration like "90s" or "1h30m"`},
		{"a status that cannot be", []any{"command", "x", "exit_codes", cty.TupleVal([]cty.Value{cty.NumberIntVal(256)})}, "exit_codes must be numbers from 0 to 255"},
		{"half a status", []any{"command", "x", "exit_codes", cty.TupleVal([]cty.Value{cty.NumberFloatVal(0.5)})}, "exit_codes must be numbers from 0 to 255"},
		{"no status", []any{"command", "x", "exit_codes", cty.ListValEmpty(cty.Number)}, "exit_codes must name at least one status"},
		{"a variable that is none", []any{"command", "x", "env", cty.MapVal(map[string]cty.Value{"A=B": cty.StringVal("")})}, "env must have names without ="},
		{"always and a guard", []any{"command", "x", "always", true, "unless", "y"}, "always: cannot stand beside unless, which decides whether to run"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := resourcetest.Build(resources.Exec(nil), &resourcetest.World{}, "it", resourcetest.Attrs(tt.attrs...))
			if err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestExecNeedsCause(t *testing.T) {
	for _, tt := range []struct {
		attrs []any
		want  bool
	}{
		{nil, true},
		{[]any{"always", false}, true},
		{[]any{"always", true}, false},
		{[]any{"creates", "/x"}, false},
		{[]any{"unless", "x"}, false},
		{[]any{"only_if", tuple("x")}, false},
	} {
		k := resources.Exec(nil)
		r, err := resourcetest.Build(k, &resourcetest.World{}, "it", resourcetest.Attrs(append(tt.attrs, "command", "x")...))
		if err != nil || (k.NeedsCause(r.Want) != "") != tt.want {
			t.Errorf("%v: got %v, %v", tt.attrs, !tt.want, err)
		}
	}
}

func TestExecLinks(t *testing.T) {
	r, err := resourcetest.Build(resources.Exec(nil), &resourcetest.World{}, "it", resourcetest.Attrs(
		"command", tuple("/opt/app/bin/index", "/etc/app"), "unless", "/usr/bin/test -e /x", "cwd", "/srv/app", "user", "app", "group", "1000",
	))
	if err != nil {
		t.Fatal(err)
	}
	l := r.Kind.Links(r.Want)
	var got []string
	for _, n := range l.Needs {
		got = append(got, n.Key)
	}
	const want = "user:app group:1000 path:/srv/app path:/srv path:/opt/app/bin/index path:/opt/app/bin path:/opt/app path:/opt"
	if strings.Join(got, " ") != want || l.Provides != nil {
		t.Errorf("it needs %q and provides %q", got, l.Provides)
	}
}
