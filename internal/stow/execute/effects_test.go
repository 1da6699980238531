package execute_test

import (
	"strings"
	"testing"

	"converge/internal/stow/execute"
	"converge/internal/stow/farm"
)

// The net effect of operations, path by path.
func TestEffects(t *testing.T) {
	kind := map[farm.Type]string{farm.None: "-", farm.Symlink: "l", farm.Dir: "d", farm.File: "f"}
	for _, c := range []struct{ ops, want string }{
		{"LINK a x", "a - l:x"},
		{"UNLINK a x", "a l:x -"},
		{"UNLINK a x; LINK a y", "a l:x l:y"},
		{"UNLINK a x; LINK a x", ""},
		{"LINK a x; UNLINK a x", ""},
		{"LINK b x; LINK a x; MKDIR a.d; MKDIR c", "a - l:x, a.d - d, b - l:x, c - d"},
		{"LINK d/b x; LINK d-e x; MKDIR d", "d - d, d/b - l:x, d-e - l:x"}, // a directory before its content
		{"UNLINK a x; MKDIR a; LINK a/b y", "a l:x d, a/b - l:y"},
		{"UNLINK a/b y; RMDIR a; LINK a x", "a d l:x, a/b l:y -"},
		{"MV a s/a; LINK a x", "a f l:x to=s/a"},
		{"MV a s/a", "a f - to=s/a, s/a - f from=a"},
		{"MV a s/a; MV s/a a", ""},
	} {
		effects, err := execute.Effects(parseOps(t, strings.ReplaceAll(c.ops, "; ", "\n")))
		var got []string
		for _, e := range effects {
			text := e.Path
			for _, w := range []execute.What{e.Was, e.Is} {
				text += " " + kind[w.Type]
				if w.Type == farm.Symlink {
					text += ":" + w.Text
				}
			}
			if e.To != "" {
				text += " to=" + e.To
			}
			if e.From != "" {
				text += " from=" + e.From
			}
			got = append(got, text)
		}
		if text := strings.Join(got, ", "); err != nil || text != c.want {
			t.Errorf("%s: %q, %v, want %q", c.ops, text, err, c.want)
		}
	}
}
