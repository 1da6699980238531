package cli_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"converge/internal/stow/cli"
)

// TestHelpFits shows that no line of the help is wider than a usual terminal, under each name of the program and with
// the longest version that git makes.
func TestHelpFits(t *testing.T) {
	for _, name := range []string{"stow2", "converge stow", "chkstow"} {
		var out, errs bytes.Buffer
		if code := cli.Main(t.Context(), cli.Env{
			Name: name, Args: []string{"--help"}, Version: "v0-12345-g0123456789ab-dirty", Dir: t.TempDir(),
			Lookup: func(string) (string, bool) { return "", false }, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs,
		}); code != 0 || out.Len() == 0 {
			t.Errorf("%s: exit status %d: %s", name, code, &errs)
		}
		for line := range strings.Lines(out.String()) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 80 {
				t.Errorf("%s: %d columns: %s", name, n, line)
			}
		}
	}
}
