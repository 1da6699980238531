package statedir

import (
	"os"
	"path/filepath"
	"testing"

	"converge/internal/app/environ"
)

func TestStateDir(t *testing.T) {
	for _, tt := range []struct {
		name       string
		uid        int
		env        []string
		flag, root string
		want       string // "" : an error
	}{
		{"root", 0, []string{"HOME=/root"}, "", "/", "/var/lib/converge"},
		{"root without HOME, as under cloud-init", 0, nil, "", "/", "/var/lib/converge"},
		{"user", 1000, []string{"HOME=/home/u"}, "", "/", "/home/u/.local/state/converge"},
		{"user with XDG", 1000, []string{"HOME=/home/u", "XDG_STATE_HOME=/x"}, "", "/", "/x/converge"},
		{"a relative XDG is no XDG", 1000, []string{"HOME=/home/u", "XDG_STATE_HOME=x"}, "", "/", "/home/u/.local/state/converge"},
		{"user without HOME", 1000, nil, "", "/", ""},
		{"tree", 1000, nil, "", "/image", "/image/var/lib/converge"},
		{"flag", 1000, nil, "/state", "/image", "/state"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			env := &environ.Env{UID: tt.uid, Vars: tt.env}
			got, err := Find(env, tt.flag, tt.root)
			if got != tt.want || (err == nil) != (tt.want != "") {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

// Only a user without a state gets the hint where the state of root's runs is.
func TestNoteMachine(t *testing.T) {
	home, used := t.TempDir(), t.TempDir()
	machine := filepath.Join(t.TempDir(), "converge")
	for _, dir := range []string{machine, filepath.Join(used, ".local/state/converge")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	own := "There is no state in " + home + "/.local/state/converge; the state of the machine is in " + machine + ": run it as root."
	for _, tt := range []struct {
		name, home string
		uid        int
		flag, root string
		machine    string
		want       string
	}{
		{"a user without a state", home, 1000, "", "/", machine, own},
		{"a user with one", used, 1000, "", "/", machine, ""},
		{"root", home, 0, "", "/", machine, ""},
		{"another folder by name", home, 1000, "/state", "/", machine, ""},
		{"a tree", home, 1000, "", home, machine, ""},
		{"a machine without a state", home, 1000, "", "/", machine + "/none", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			env := &environ.Env{UID: tt.uid, Vars: []string{"HOME=" + tt.home}}
			if got := noteMachine(env, tt.flag, tt.root, tt.machine); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
