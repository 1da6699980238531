package resources_test

import (
	"strings"
	"testing"

	"converge/internal/resource"
	"converge/resources"
)

func TestSudoersText(t *testing.T) {
	const head = "# Made by converge, which replaces it as a whole.\n"
	for _, tt := range []struct {
		name string
		with []any
		want string // the content, or the error
	}{
		{"a group", []any{"groups", []string{"adm"}, "commands", []string{"ALL"}}, head + "%adm ALL=ALL\n"},
		{"users and groups", []any{"users", []string{"a", "b"}, "groups", []string{"c"}, "commands", []string{"/bin/x", "!/bin/y"}, "run_as", "ALL", "nopasswd", true}, head + "a, b, %c ALL=(ALL) NOPASSWD: /bin/x, !/bin/y\n"},
		{"as another user", []any{"users", []string{"a"}, "commands", []string{"/bin/x"}, "run_as", "web:www"}, head + "a ALL=(web:www) /bin/x\n"},
		{"as a group", []any{"users", []string{"a"}, "commands", []string{"/bin/x"}, "run_as", ":www"}, head + "a ALL=(:www) /bin/x\n"},
		{"arguments", []any{"users", []string{"a"}, "commands", []string{`/bin/x --a=b,c:d\:e #1 *`}}, head + `a ALL=/bin/x --a\=b\,c\:d\:e \#1 *` + "\n"},
		{"escaped backslashes", []any{"users", []string{"a"}, "commands", []string{`/bin/x a\\, /bin/sh`, `/bin/y \\\,`}}, head + `a ALL=/bin/x a\\\, /bin/sh, /bin/y \\\,` + "\n"},
		{"signs in a name", []any{"users", []string{"b@c"}, "commands", []string{"ALL"}}, head + `b\@c ALL=ALL` + "\n"},
		{"content", []any{"content", "Defaults x\n"}, "Defaults x\n"},
		{"nobody", []any{"commands", []string{"ALL"}}, "needs users or groups, or content"},
		{"no command", []any{"users", []string{"a"}}, `commands: the commands that may be run are needed, or ["ALL"]`},
		{"both", []any{"users", []string{"a"}, "content", "x"}, "content: cannot stand beside users, groups, commands, run_as and nopasswd"},
		{"a relative command", []any{"users", []string{"a"}, "commands", []string{"reboot"}}, `commands must hold "ALL" or absolute paths of programs, and "reboot" is neither`},
		{"two lines", []any{"users", []string{"a"}, "commands", []string{"/x\nb ALL=ALL"}}, `commands must hold "ALL"`},
		{"run_as", []any{"users", []string{"a"}, "commands", []string{"ALL"}, "run_as", "a:b:c"}, "run_as must be USER"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := build(t, resources.Sudoers(nil), "", append([]any{"name", "x"}, tt.with...)...)
			got := ""
			if err != nil {
				got = err.Error()
			} else if e := resource.Must[resources.Entry](r.Want); e.Content != nil {
				b, _ := e.Content.Bytes()
				got = string(b)
			}
			if got != tt.want && (err == nil || !strings.HasPrefix(got, tt.want)) {
				t.Errorf("%s\nwant %s", got, tt.want)
			}
		})
	}
	for _, name := range []string{"a.b", "a~", "../x", ""} {
		if _, err := build(t, resources.Sudoers(nil), "", "name", name, "users", []string{"a"}, "commands", []string{"ALL"}); err == nil {
			t.Errorf("the name %q was accepted", name)
		}
	}
}
