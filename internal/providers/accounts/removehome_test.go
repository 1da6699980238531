package accounts_test

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

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
		mount          string
		want           string
		applies        string // why the change fails, if the plan counts on that of the other user
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
		"shared, and the owner goes with it":  {ann: "/home/ann", eve: "/home/ann", owner: 1501, also: gone, applies: "it belongs to eve"},
		"shared, and the owner leaves it":     {ann: "/home/ann", eve: "/home/ann", owner: 1501, also: gone[:4], want: "it belongs to eve"},
		"around one that moves out":           {ann: "/home/ann", eve: "/home/ann/eve", also: []any{"name", "eve", "home", "/home/eve"}, applies: `it holds the home of user "eve"`},
		"around one that moves within":        {ann: "/home/ann", eve: "/home/ann/eve", also: []any{"name", "eve", "home", "/home/ann/e"}, want: `it holds the home of user "eve"`},
		"around one that is left behind":      {ann: "/home/ann", eve: "/home/ann/eve", also: []any{"name", "eve", "home", "/home/eve", "create_home", false}, want: `it holds the home of user "eve"`},
		"a mount point":                       {ann: "/home/ann", eve: "/", mount: "home/ann", want: "a file system is mounted there"},
		"around a mount point":                {ann: "/home/ann", eve: "/", mount: "home/ann/eve", want: "something is mounted at"},
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
			if tt.mount != "" {
				bind(t, filepath.Join(root, tt.mount))
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
			if tt.want = cmp.Or(tt.want, tt.applies); tt.want == "" {
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

// TestHomesAreLookedUpOnce: of many users that are removed with their homes, each home is found once.
func TestHomesAreLookedUpOnce(t *testing.T) {
	const many = 300
	root := t.TempDir()
	var passwd strings.Builder
	for i := range many {
		fmt.Fprintf(&passwd, "u%d:x:%d:50::/home/u%d:/bin/sh\n", i, os.Getuid(), i)
		write(t, root, fmt.Sprintf("home/u%d/x", i), "")
	}
	write(t, root, "etc/passwd", passwd.String())
	a := open(t, root, accounts.Options{})
	c := resourcetest.Plan(t, build(t, resources.User, a.Users(), "name", "u7", "ensure", "absent", "remove_home", true))
	review := func() {
		if err := a.Users().Review(t.Context(), c, resource.Outlook{Ask: resource.AskForecast}).Blocked; err != nil {
			t.Fatal(err)
		}
	}
	review()
	if got := testing.AllocsPerRun(3, review); got > many/2 {
		t.Errorf("another removal is planned with %v allocations, for %d users", got, many)
	}
}

// bind makes a folder a mount point.
func bind(t testing.TB, at string) {
	t.Helper()
	if err := unix.Mount(at, at, "", unix.MS_BIND, ""); errors.Is(err, unix.EPERM) {
		t.Skip("mounting needs CAP_SYS_ADMIN")
	} else if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(at, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
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
