package journal

import (
	"slices"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// The staging files of a killed change are searched in the folders of its thing's files: those that it provides,
// shares, needs, is within or writes.
func TestStagingDirs(t *testing.T) {
	links := resource.Links{
		Provides: []string{"sysctl:kernel.panic"}, Shares: []string{"path:/srv/a"}, Within: []string{"/etc/sysctl.d/60-converge.conf"}, Writes: []string{"/mnt"},
		Needs: []resource.Need{{Key: "path:/etc"}, {Key: "path:/etc/default/locale"}, {Key: "module:*"}, {Key: resource.PartKey("/opt/x.ini", "line y")}},
	}
	k := &resource.Kind{Name: "k", Links: func(cty.Value) resource.Links { return links }}
	c := resource.Change{Kind: k, Key: "sysctl:kernel.panic", Want: cty.EmptyObjectVal}
	want := []string{"/etc/default/locale", "/etc/sysctl.d/60-converge.conf", "/mnt", "/opt/x.ini", "/srv/a"}
	if got := stagingDirs(c); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	c.Key = "path:/etc/motd"
	if got := stagingDirs(c); got != nil {
		t.Errorf("%q: the key says it", got)
	}
}
