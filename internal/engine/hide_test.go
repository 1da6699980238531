package engine

import (
	"strings"
	"testing"

	"converge/internal/resource"
)

// TestHiding: a change that hides what is protected is refused, as far as that is there now.
func TestHiding(t *testing.T) {
	p := newProtection(Options{
		Protected: map[string]string{"path:/srv/d/f": "a site", "path:/gone/f": "a site", "mount:/mnt/p": "a site", "writes:/mnt/p": "a site", "within:/opt/a.conf": "a site", "writes:/home/ann/": "a site"},
		Machine:   Machine{IsThere: func(path string) bool { return !strings.HasPrefix(path, "/gone/") }},
	})
	for _, c := range []struct {
		hides []string
		want  string
	}{
		{[]string{"/srv/"}, "it would hide /srv/d/f, which is protected by a site"},
		{[]string{"/"}, "it would hide "},
		{[]string{"/srv/d/f/"}, ""},
		{[]string{"/sr/"}, ""},
		{[]string{"/gone/"}, ""},
		{[]string{"/mnt/"}, ""},
		{[]string{"/mnt/", "/mnt/o", "/mnt/p"}, "it would hide /mnt/p, which"},
		{[]string{"/opt/"}, "it would hide /opt/a.conf, which"},
		{[]string{"/home/"}, "it would hide /home/ann, which"},
		{nil, ""},
	} {
		err := p.refuse(&resource.Resource{}, resource.Change{Key: "mount:/x", Action: resource.Create}, taken{hides: c.hides})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.hides, err, c.want)
		}
	}
}
