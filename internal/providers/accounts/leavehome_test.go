package accounts_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"converge/internal/providers/accounts"
	"converge/internal/resource"
	"converge/resources"
)

// keysAt is a file of keys that is read now.
type keysAt struct {
	accounts.Keys
	path string
}

func (k keysAt) LocateNow(context.Context, string) string { return k.path }

// TestLeftHome: a home that is moved is left with all that is in it, by its physical path; of one that stays, the keys are left.
func TestLeftHome(t *testing.T) {
	const passwd = "root:x:0:0:root:/root:/bin/sh\nann:x:1500:50::/home/ann:/bin/sh\n"
	set := resource.Some[string]
	for name, tt := range map[string]struct {
		want resources.UserWant
		keys string
		left []string
	}{
		"moved":                {resources.UserWant{Name: "ann", Home: set("/srv/ann")}, "", []string{"/data/ann/"}},
		"the same":             {resources.UserWant{Name: "ann", Home: set("/home/ann")}, "", nil},
		"not declared":         {resources.UserWant{Name: "ann"}, "", nil},
		"there already":        {resources.UserWant{Name: "ann", Home: set("/data")}, "", nil},
		"not moved":            {resources.UserWant{Name: "ann", Home: set("/srv/ann"), CreateHome: resource.Some(false)}, "/data/ann/.ssh/authorized_keys", []string{"/data/ann/.ssh/authorized_keys"}},
		"with keys elsewhere":  {resources.UserWant{Name: "ann", Home: set("/srv/ann"), CreateHome: resource.Some(false)}, "/etc/ssh/keys/ann", nil},
		"of one that is new":   {resources.UserWant{Name: "eve", Home: set("/srv/eve")}, "", nil},
		"of one that is to go": {resources.UserWant{Name: "ann", Ensure: set("absent")}, "", nil},
	} {
		root := t.TempDir()
		for _, dir := range []string{"data/ann", "etc", "srv"} {
			if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Symlink("/data", filepath.Join(root, "home")); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, "etc/passwd"), []byte(passwd), 0o644); err != nil {
			t.Fatal(err)
		}
		a := open(t, root, accounts.Options{Keys: keysAt{path: tt.keys}})
		if left := accounts.ListLeft(t.Context(), a, tt.want); !slices.Equal(left, tt.left) {
			t.Errorf("%s: %q, want %q", name, left, tt.left)
		}
	}
}
