package house_test

import (
	"slices"
	"testing"
)

// effect is a way to have an effect, and the rooms that may do it.
type effect struct {
	pkg     string   // that offers it
	names   []string // of functions and variables; none: the whole package
	rooms   []string
	instead string
}

func effects() []effect {
	return []effect{
		{"os/exec", nil, []string{"internal/process"}, "run programs by internal/process"},
		{"os", []string{"StartProcess"}, []string{"internal/process"}, "run programs by internal/process"},
		{"os", []string{"WriteFile", "Create", "CreateTemp", "Rename", "Link", "Symlink"}, []string{"internal/fsys"}, "write files by internal/fsys"},
		{"io/ioutil", nil, nil, "use os and io"},
		{"golang.org/x/sys/unix", []string{"Rename", "Renameat", "Renameat2"}, []string{"internal/fsys"}, "rename by internal/fsys"},
		{"fmt", []string{"Print", "Printf", "Println"}, []string{"internal/view"}, "emit an event, or write to the stream that the command was given"},
		// A command is wired to the streams of its process, and a recorder
		// (process/record.go) is the process between a command and its terminal.
		{"os", []string{"Stdin", "Stdout", "Stderr"}, []string{"cmd", "internal/view", "internal/process"}, "take the stream as an argument"},
		{"log", nil, nil, "return an error, or emit an event"},
	}
}

// checkEffects checks which rooms write files, run programs and print.
func checkEffects(t *testing.T, all []source) {
	for _, s := range all {
		if s.isTest() || s.isIn(testRooms()...) {
			continue
		}
		for _, e := range effects() {
			if s.isIn(e.rooms...) {
				continue
			}
			for _, name := range s.uses(e.pkg) {
				if e.names == nil || slices.Contains(e.names, name) {
					t.Errorf("%s uses %s.%s: %s", s.name, e.pkg, name, e.instead)
				}
			}
		}
	}
}
