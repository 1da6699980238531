package accounts_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"converge/internal/providers/accounts"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// TestShadowIsForeseen: what only /etc/shadow can say of a user is refused where that does not exist, in the plan and
// in the apply alike, and nothing is written then. What a command may bring is noted.
func TestShadowIsForeseen(t *testing.T) {
	const none = "; pwconv makes it"
	cannot := func(attr, name string) string {
		return "cannot set " + attr + ` of user "` + name + `": there is no /etc/shadow` + none
	}
	for _, tt := range []struct {
		name   string
		attrs  []any
		shadow string // "": there is no such file
		want   string
	}{
		{"a new user with a password", []any{"name", "ann", "password", hash}, "", cannot("password", "ann")},
		{"a password", []any{"name", "old", "password", hash}, "", cannot("password", "old")},
		{"a lock", []any{"name", "old", "locked", true}, "", cannot("locked", "old")},
		{"an expiry", []any{"name", "ann", "expires", "2030-01-01"}, "", cannot("expires", "ann")},
		{"days", []any{"name", "old", "max_days", 5}, "", cannot("max_days", "old")},
		{"nothing of shadow", []any{"name", "ann"}, "", ""},
		{"a comment", []any{"name", "old", "comment", "x"}, "", ""},
		{"a lock without a line", []any{"name", "old", "locked", true}, "root:*:::::::\n", `cannot lock user "old": it has no line in /etc/shadow` + none},
		{"a password without a line", []any{"name", "old", "password", hash}, "root:*:::::::\n", ""},
		{"a new user that is open", []any{"name", "ann", "locked", false}, "root:*:::::::\n", `cannot unlock user "ann": it has no password; declare one, or leave locked out`},
		{"a new user that is open, with a password", []any{"name", "ann", "locked", false, "password", hash}, "root:*:::::::\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root := newTree(t)
			writeOrRemove(t, root, "etc/passwd", "root:x:0:0:root:/root:/bin/sh\nold:x:1000:300::/:/bin/sh\n")
			writeOrRemove(t, root, "etc/shadow", tt.shadow)
			u := open(t, root, accounts.Options{}).Users()
			c := resourcetest.Plan(t, build(t, resources.User, u, tt.attrs...))
			solve := func(beside ...resource.Change) string {
				_, err := u.Solve(t.Context(), []resource.Change{c}, slices.Values(beside))
				var each resource.Unsolvable
				if errors.As(err, &each); each[c.Addr] != nil {
					return each[c.Addr].Error()
				}
				return strings.Join(u.Review(t.Context(), c, resource.Outlook{}).Notes, "; ")
			}
			if got := solve(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			command := resource.Change{Kind: resources.Exec(nil), Action: resource.Create}
			noted := "as things stand, " + strings.TrimSuffix(tt.want, none)
			if got := solve(command); strings.Contains(tt.want, "no /etc/shadow") && got != noted {
				t.Errorf("got %q, want %q", got, noted)
			}
			err := u.Apply(t.Context(), c)
			if (err != nil) != (tt.want != "") {
				t.Errorf("the plan says %q, and the apply %v", tt.want, err)
			}
			if text, _ := os.ReadFile(filepath.Join(root, "etc/passwd")); strings.Contains(string(text), hash) {
				t.Errorf("the password is in passwd: %s", text)
			}
		})
	}
}

// writeOrRemove writes a file of the tree; without content it removes it.
func writeOrRemove(t *testing.T, root, name, content string) {
	t.Helper()
	p := filepath.Join(root, name)
	err := os.WriteFile(p, []byte(content), 0o644)
	if content == "" {
		err = os.Remove(p)
	}
	if err != nil {
		t.Fatal(err)
	}
}
