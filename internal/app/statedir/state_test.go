package statedir

import (
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
