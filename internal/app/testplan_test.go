package app

import "testing"

// TestHidePlaces: the text of a plan does not depend on the place of the tests, and files of the machine keep their
// paths.
func TestHidePlaces(t *testing.T) {
	for _, c := range []struct{ tree, manifest, text, want string }{
		{"/tmp/converge-tree-1", "/home/ada/sites/nginx", "/home/ada/sites/nginx/site.hcl:3 /etc/nginx/site.hcl", "site.hcl:3 /etc/nginx/site.hcl"},
		{"/tmp/converge-tree-1", "/home/ada/sites/nginx", "open /tmp/converge-tree-1/etc/nginx: nothing runs in /tmp/converge-tree-1", "open /etc/nginx: nothing runs in the tree"},
		{"", "/etc/converge", "/etc/converge/site.hcl", "/etc/converge/site.hcl"},
		{"", "/srv", "/srv/www/index.html", "/srv/www/index.html"},
	} {
		if got := hidePlaces(c.tree, c.manifest).Replace(c.text); got != c.want {
			t.Errorf("%q became %q, want %q", c.text, got, c.want)
		}
	}
}
