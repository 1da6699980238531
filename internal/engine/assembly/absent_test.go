package assembly

import (
	"fmt"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/resources"
)

// declare makes resources of real kinds from lines like "file /etc/x absent",
// "service x running=false after:1"; a number is the line of another one.
func declare(t *testing.T, text string) []*resource.Resource {
	t.Helper()
	kinds := map[string]*resource.Kind{}
	for _, k := range []*resource.Kind{
		resources.File(nil), resources.Directory(nil), resources.Service(nil), resources.Package(nil), resources.User(nil), resources.Group(nil), resources.Exec(nil),
	} {
		kinds[k.Name] = k
	}
	var rs []*resource.Resource
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		f := strings.Fields(line)
		r := &resource.Resource{Addr: resource.Addr{Kind: f[0], Name: f[1]}, Kind: kinds[f[0]]}
		want := map[string]cty.Value{}
		if l := r.Kind.Label; l != "" {
			want[l] = cty.StringVal(f[1])
		}
		for _, opt := range f[2:] {
			name, val, _ := strings.Cut(opt, "=")
			switch {
			case opt == "absent":
				want["ensure"] = cty.StringVal("absent")
			case strings.HasPrefix(opt, "after:"):
				var n int
				fmt.Sscan(opt[len("after:"):], &n)
				r.DependsOn = append(r.DependsOn, resource.Dep{On: rs[n].Addr, Reason: "depends_on"})
			case val == "true" || val == "false":
				want[name] = cty.BoolVal(val == "true")
			default:
				want[name] = cty.StringVal(val)
			}
		}
		switch f[0] {
		case "file", "directory":
			want["type"] = cty.StringVal(f[0])
		case "service":
			want["name"] = cty.StringVal(f[1] + ".service")
		}
		r.Want = cty.ObjectVal(want)
		rs = append(rs, r)
	}
	return rs
}

// What is to be absent goes in the reverse of the order in which it would be
// made, however the manifest is written.
func TestWhatGoesGoesInReverse(t *testing.T) {
	const unit = "/etc/systemd/system/x.service"
	for _, c := range []struct{ summary, site, want string }{
		{"a unit file and its service", "file " + unit + " absent\nservice x running=false enabled=false", "1 0"},
		{"a drop-in and its service", "file /etc/systemd/system/x.service.d/a.conf absent\nservice x running=false", "1 0"},
		{"a service that is disabled only", "file " + unit + " absent\nservice x enabled=false", "1 0"},
		{"a service that goes on with another unit file", "service x running=true\nfile " + unit + " absent", "1 0"},
		{"a service that is masked in the place of its file", "service x running=false masked=true\nfile " + unit + " absent", "1 0"},
		{"a unit file that stays", "service x running=false\nfile " + unit, "1 0"},
		{"a package and its service", "package x absent\nservice x running=false enabled=false", "1 0"},
		{"a package before the service that another one ships", "service x running=true\npackage x absent", "1 0"},
		{"what is in a directory", "directory /d absent\nfile /d/a absent\ndirectory /d/e absent\nfile /d/e/b absent", "1 3 2 0"},
		{"depends_on", "file /a absent\nfile /b absent after:0\nfile /c absent after:1", "2 1 0"},
		{"depends_on of what stays", "file /b\nfile /a absent after:0", "0 1"},
		{"depends_on something that goes", "file /a absent\nfile /b after:0", "0 1"},
		{"a user, its files, its service", "user u absent\ngroup g absent\nfile " + unit + " absent\ndirectory /home/u absent\nservice x running=false", "4 2 3 0 1"},
		{"a service and a folder that it may write to", "directory /d absent\nfile " + unit + " absent\nservice x running=false enabled=false", "2 0 1"},
		{"two services, what they may use, what stays", "file /s\ndirectory /d absent\npackage p absent\nservice x running=false\nservice y running=false", "0 3 4 1 2"},
		{"a folder that goes before its service by the manifest", "directory /d absent\nfile /e absent\nexec m creates=/m after:0\nservice x running=false after:2", "0 2 3 1"},
		{"a service that goes on", "directory /d absent\nservice x running=true enabled=false", "0 1"},
		// The edges lead through one user, u: /b, which cannot go before that, is not ordered before v.
		{"users, and a file that must go after one", "user u absent\nuser v absent\nfile /a absent\nexec e creates=/e after:0\nfile /b absent after:3", "2 0 1 3 4"},
		{"what would go round through one that stays is as stated", "file /a absent\nfile /m after:0\nfile /b absent after:0 after:1", "0 1 2"},
		{"a user that depends on another", "user u absent\nuser v absent after:0\nfile /a absent", "2 1 0"},
		{"a package, its repository's file, its unit", "file /r absent\npackage x absent after:0\nservice x running=false after:1", "2 1 0"},
	} {
		t.Run(strings.ReplaceAll(c.summary, " ", "_"), func(t *testing.T) {
			rs := declare(t, c.site)
			g, diags := link(rs, linksOf(rs))
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			order, _ := g.Order()
			got := strings.Trim(fmt.Sprint(order), "[]")
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
