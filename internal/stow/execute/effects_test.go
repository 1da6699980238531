package execute_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"converge/internal/stow/execute"
	"converge/internal/stow/farm"
)

// What operations do in all, path by path.
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

// Operations that no tree can carry out are refused before anything is done.
func TestImpossibleOperations(t *testing.T) {
	long, path := strings.Repeat("n", 256), strings.Repeat("n/", 2048)
	for _, c := range []struct {
		ops  string
		want error
	}{
		{"LINK a x; LINK a y", execute.ErrPlan},
		{"LINK a x; UNLINK a y", execute.ErrPlan},
		{"MKDIR a; LINK a x", execute.ErrPlan},
		{"MKDIR a; MKDIR a", execute.ErrPlan},
		{"UNLINK a x; MKDIR a; UNLINK a/b y", execute.ErrPlan},
		{"UNLINK a/b y; RMDIR a; LINK a x; LINK a/c z", execute.ErrPlan},
		{"MV a b; LINK b x", execute.ErrPlan},
		{"LINK .. x", unix.EINVAL},
		{"LINK a/../b x", unix.EINVAL},
		{"LINK a//b x", unix.EINVAL},
		{"LINK /a x", unix.EINVAL},
		{"LINK a", unix.EINVAL},
		{"LINK a\x00b x", unix.EINVAL},
		{"LINK " + long + " x", unix.ENAMETOOLONG},
		{"LINK a " + path, unix.ENAMETOOLONG},
		{"MV a ../b", unix.EINVAL},
		{"MKDIR .:stow2", errAny},
		{"LINK .:stow2/new x", errAny},
	} {
		effects, err := execute.Effects(parseOps(t, strings.ReplaceAll(c.ops, "; ", "\n")))
		if err == nil || c.want != errAny && !errors.Is(err, c.want) {
			t.Errorf("%.40s: %+v, %v, want %v", c.ops, effects, err, c.want)
		}
		if err != nil && !strings.HasPrefix(fmt.Sprint(err), "cannot ") {
			t.Errorf("%.40s: %v", c.ops, err)
		}
	}
}

var errAny = errors.New("any error")
