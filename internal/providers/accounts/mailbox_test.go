package accounts_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"converge/internal/providers/accounts"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// TestRemovalNamesTheMailbox: userdel removes the mail of a user with the home, where it belongs to the user.
func TestRemovalNamesTheMailbox(t *testing.T) {
	for _, tt := range []struct {
		defs, box string
		others    bool // the box belongs to another user
		want      []string
	}{
		{"MAIL_DIR /var/spool/mail\n", "var/spool/mail/ann", false, []string{"/var/spool/mail/ann"}},
		{"# MAIL_DIR /elsewhere\n", "var/mail/ann", false, []string{"/var/mail/ann"}},
		{"", "var/mail/ann", true, nil},
		{"", "var/mail/eve", false, nil},
	} {
		root, uid := t.TempDir(), os.Getuid()
		if tt.others {
			uid += 4000
		}
		for name, text := range map[string]string{
			"etc/passwd": fmt.Sprintf("ann:x:%d:50::/home/ann:/bin/sh\n", uid), "etc/login.defs": tt.defs, tt.box: "mail",
		} {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		users := open(t, root, accounts.Options{}).Users()
		gone := resourcetest.Plan(t, build(t, resources.User, users, "name", "ann", "ensure", "absent", "remove_home", true))
		if got := users.Review(t.Context(), gone, resource.Outlook{Ask: resource.AskRemoval}).Removes; !slices.Equal(got, tt.want) {
			t.Errorf("%s %s: %q, want %q", tt.defs, tt.box, got, tt.want)
		}
	}
}
