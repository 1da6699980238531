package accounts_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"converge/internal/providers/accounts"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// TestAHomeThatIsNotTheUsersAloneStays: each row is what lies on the host, and why the home of ann is not removed.
func TestAHomeThatIsNotTheUsersAloneStays(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: homes belong to several users")
	}
	gone := []any{"name", "eve", "ensure", "absent", "remove_home", true}
	for name, tt := range map[string]struct {
		ann, eve, link string // where the homes are; a link to the one of ann
		owner          int
		also           []any // another user that is declared
		want           string
	}{
		"its own":                             {ann: "/home/ann", eve: "/home/eve"},
		"none":                                {ann: "/nonexistent", eve: "/home/eve"},
		"beside another":                      {ann: "/home/ann", eve: "/home/anna"},
		"in that of another":                  {ann: "/home/ann", eve: "/home"},
		"shared":                              {ann: "/home/ann", eve: "/home/ann", want: `it holds the home of user "eve"`},
		"shared by a link":                    {ann: "/home/ann", eve: "/home/l", link: "home/l", want: `it holds the home of user "eve"`},
		"around that of another":              {ann: "/home/ann", eve: "/home/ann/eve", want: `it holds the home of user "eve"`},
		"shared, and both go":                 {ann: "/home/ann", eve: "/home/ann", also: gone},
		"shared, and both go, one without it": {ann: "/home/ann", eve: "/home/ann", also: gone[:4]},
		"shared, and the other stays":         {ann: "/home/ann", eve: "/home/ann", also: gone[:2], want: `it holds the home of user "eve"`},
		"of somebody else":                    {ann: "/home/ann", eve: "/", owner: 8, want: "it belongs to mail"},
		"a link":                              {ann: "/home/l", eve: "/", link: "home/l", want: "it is a symbolic link"},
		"the root":                            {ann: "/", eve: "/home/eve", want: "it belongs to "},
	} {
		t.Run(name, func(t *testing.T) {
			root, owner := t.TempDir(), 1500
			if tt.owner != 0 {
				owner = tt.owner
			}
			write(t, root, "etc/passwd", fmt.Sprintf("ann:x:1500:50::%s:/bin/sh\neve:x:1501:50::%s:/bin/sh\nmail:x:8:8::/:/bin/sh\n", tt.ann, tt.eve))
			write(t, root, "home/ann/eve/x", "precious")
			if err := os.Chown(filepath.Join(root, "home/ann"), owner, 50); err != nil {
				t.Fatal(err)
			}
			if tt.link != "" {
				if err := os.Symlink("/home/ann", filepath.Join(root, tt.link)); err != nil {
					t.Fatal(err)
				}
			}
			a := open(t, root, accounts.Options{})
			rs := []*resource.Resource{build(t, resources.User, a.Users(), "name", "ann", "ensure", "absent", "remove_home", true)}
			if tt.also != nil {
				rs = append(rs, build(t, resources.User, a.Users(), tt.also...))
			}
			a.Declare(rs)
			c := resourcetest.Plan(t, rs[0])
			err := a.Users().Review(t.Context(), c, resource.Outlook{Ask: resource.AskForecast}).Blocked
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("blocked by %v, want %q", err, tt.want)
			}
			if tt.want == "" {
				return
			}
			if err := a.Users().Apply(t.Context(), c); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("the change fails with %v, want %q", err, tt.want)
			}
			for _, path := range []string{"home/ann/eve/x", "etc/passwd"} {
				if text, err := os.ReadFile(filepath.Join(root, path)); err != nil || len(text) == 0 {
					t.Errorf("%s: %v", path, err)
				}
			}
		})
	}
}

// write writes a file of a root, with its folders.
func write(t testing.TB, root, path, text string) {
	t.Helper()
	at := filepath.Join(root, path)
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
