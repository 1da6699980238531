package abi

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// try runs a program with the libraries of a directory; it may fail. It returns the output.
func (w workshop) try(lib, program string) string {
	cmd := exec.CommandContext(w.Context(), w.path(program))
	cmd.Env = []string{"LC_ALL=C", "LD_BIND_NOW=1"}
	if lib != "" {
		cmd.Env = append(cmd.Env, "LD_LIBRARY_PATH="+w.path(lib))
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out) + err.Error()
	}
	return string(out)
}

// TestSwitchRelinks shows with the real loader the point of seed 002: after one rename a program runs with the new
// library, without a rebuild.
func TestSwitchRelinks(t *testing.T) {
	source := func(v string) string { return `const char *foo_version(void) { return "` + v + `"; }` }
	user := `#include <stdio.h>
extern const char *foo_version(void);
int main(void) { fputs(foo_version(), stdout); return 0; }`

	for _, tc := range []struct {
		name    string
		runPath string // relative to the workshop
		lib     string // the library to link, as written into the program
		want    string // after the switch
	}{
		{name: "through the target", runPath: "target/lib", want: "2.0"},
		{name: "through a link to :installed that has no colon", runPath: "stow/foo/installed/lib", want: "2.0"},
		{name: "a library of no soname, by its path", lib: "stow/foo/:installed/lib/libbare.so", want: "2.0"},
		{name: "pinned to a version", runPath: "stow/foo/1.0/lib", want: "1.0"},
		// A colon separates the directories of a run path, and cannot be escaped.
		{name: "through :installed itself", runPath: "stow/foo/:installed/lib", want: "cannot open shared object"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorkshop(t)
			for _, v := range []string{"1.0", "2.0"} {
				w.library("stow/foo/"+v+"/lib/libfoo.so.1", source(v))
				w.gcc("stow/foo/"+v+"/lib/libbare.so", source(v), "-shared", "-fPIC")
			}
			w.link("1.0", "stow/foo/:installed")
			w.link(":installed", "stow/foo/installed")
			w.link("../stow/foo/:installed/lib", "target/lib")
			var args []string
			if tc.lib != "" {
				args = append(args, w.path(tc.lib))
			} else {
				args = append(args, w.path("stow/foo/1.0/lib/libfoo.so.1"), "-Wl,--enable-new-dtags,-rpath,"+w.path(tc.runPath))
			}
			w.gcc("stow/user/3/bin/user", user, args...)
			if got := w.try("", "stow/user/3/bin/user"); got != "1.0" && tc.want[0] != 'c' {
				t.Fatalf("before the switch it says %q", got)
			}

			w.link("2.0", "stow/foo/:stowing")
			if err := os.Rename(w.path("stow/foo/:stowing"), w.path("stow/foo/:installed")); err != nil {
				t.Fatal(err)
			}
			if got := w.try("", "stow/user/3/bin/user"); !strings.Contains(got, tc.want) {
				t.Errorf("after the switch it says %q, want %q", got, tc.want)
			}

			// The verdict agrees with the result.
			c := Change{FOO: "foo", From: "1.0", To: "2.0", Old: w.facts("stow/foo/1.0"), New: w.facts("stow/foo/2.0")}
			e := Judge(c, []Dependent{{"user", "3", true, throughFields(t, w.facts("stow/user/3"))}}).Effects[0]
			if pinned := tc.want == "1.0"; e.Pinned != pinned || (e.Verdict == Nothing) != pinned || e.Verdict == Rebuild {
				t.Errorf("%+v", e)
			}
		})
	}
}
