package verify

import (
	"errors"
	"slices"
	"testing"
)

// TestListWarnings shows a plan's notes about an accepting check.
func TestListWarnings(t *testing.T) {
	const visudo = "/etc/sudoers: parsed OK\n/etc/sudoers.d/bb:1:1: Warning: User_Alias \"UU\" referenced but not defined\n/etc/sudoers.d/bb: parsed OK"
	for name, tt := range map[string]struct {
		check Check
		a     answer
		want  []string
	}{
		"quiet":   {a: answer{output: "(no output)"}},
		"talks":   {a: answer{output: "syntax is ok\ntest is successful"}},
		"warns":   {a: answer{output: visudo}, want: []string{`verify accepts it, but warns: /etc/sudoers.d/bb:1:1: Warning: User_Alias "UU" referenced but not defined`}},
		"secret":  {check: Check{Secret: "the content is sensitive"}, a: answer{output: visudo}, want: []string{"verify accepts it with a warning, which is not shown, because the content is sensitive"}},
		"refuses": {a: answer{err: errors.New("exit status 1"), refused: true, output: visudo}},
		"often": {a: answer{output: "[warn] 1\n[warn] 2\n[warn] 3\n[warn] 4\n[warn] 5\n[warn] 6"}, want: []string{
			"verify accepts it, but warns: [warn] 1", "verify accepts it, but warns: [warn] 2", "verify accepts it, but warns: [warn] 3",
			"verify accepts it, but warns: [warn] 4", "verify accepts it, but warns: [warn] 5",
		}},
	} {
		if got := tt.check.listWarnings(tt.a); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
