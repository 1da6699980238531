package app

import (
	"strings"
	"testing"
)

// TestRunThatCannotBeMadeAgain shows which inputs of a run are missing after a boot.
func TestRunThatCannotBeMadeAgain(t *testing.T) {
	for _, c := range []struct {
		path string
		args []string
		want string
	}{
		{"site.hcl", []string{"apply", "--var-file", "vars.hcl", "site.hcl"}, ""},
		{"site.hcl", []string{"apply", "--var-file", "/dev/fd/63", "site.hcl"}, "one of its arguments is a file of this process: /dev/fd/63"},
		{"site.hcl", []string{"apply", "--var-file=/dev/stdin", "site.hcl"}, "one of its arguments is a file of this process: --var-file=/dev/stdin"},
		{"/dev/shm", nil, "its manifest is in a file system in memory, which a boot makes anew"},
		{"", []string{"apply", "https://example.org/site.tar.gz"}, ""},
	} {
		if got := whyOnlyNow(c.path, c.args); got != c.want {
			t.Errorf("%s %s: %q", c.path, strings.Join(c.args, " "), got)
		}
	}
}
