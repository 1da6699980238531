package service

import (
	"testing"

	"github.com/godbus/dbus/v5"
)

// TestMissingProgram shows which missing program prevents the start of a unit.
func TestMissingProgram(t *testing.T) {
	for _, c := range []struct {
		summary, path string
		mayFail       bool
		load, root    string
		want          string
	}{
		{"it is there", "/bin/there", false, "loaded", "", ""},
		{"it is gone", "/bin/gone", false, "loaded", "", "/bin/gone"},
		{"it may fail", "/bin/gone", true, "loaded", "", ""},
		{"it is looked for by its name", "gone", false, "loaded", "", ""},
		{"it is in another tree", "/bin/gone", false, "loaded", "/srv", ""},
		{"the unit is masked", "/bin/gone", false, "masked", "", ""},
	} {
		p := props{
			"LoadState": dbus.MakeVariant(c.load), "RootDirectory": dbus.MakeVariant(c.root),
			"ExecStart": dbus.MakeVariant([][]any{{"/bin/there", []string{}, false}, {c.path, []string{}, c.mayFail}}),
		}
		if got := findMissingProgram(p, func(path string) bool { return path == "/bin/there" }); got != c.want {
			t.Errorf("%s: %q", c.summary, got)
		}
	}
}
