package service

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"converge/internal/resource"
)

// TestRetiring shows which units of a tree end with removed files.
func TestRetiring(t *testing.T) {
	for _, c := range []struct {
		summary string
		files   []string // "PATH" or "PATH -> TARGET"
		e       resource.Ending
		want    []string
	}{
		{"its only file goes", []string{"etc/systemd/system/x.service"}, ending("unit:x.service", "/etc/systemd/system/x.service"), []string{"x.service stop disable"}},
		{"another file is below it", []string{"etc/systemd/system/x.service", "usr/lib/systemd/system/x.service"}, ending("unit:x.service", "/etc/systemd/system/x.service"), nil},
		{"both go", []string{"etc/systemd/system/x.service", "usr/lib/systemd/system/x.service"}, ending("unit:x.service", "/etc/systemd/system/x.service", "/usr/lib/systemd/system/x.service"), []string{"x.service stop disable"}},
		{"the other is the same, through a link", []string{"usr/lib/systemd/system/x.service", "lib -> usr/lib"}, ending("unit:x.service", "/lib/systemd/system/x.service"), []string{"x.service stop disable"}},
		{"it was a mask", []string{"etc/systemd/system/x.service -> /dev/null", "usr/lib/systemd/system/x.service"}, ending("unit:x.service", "/etc/systemd/system/x.service"), nil},
		{"it was an alias", []string{"etc/systemd/system/a.service -> /usr/lib/systemd/system/x.service", "usr/lib/systemd/system/x.service"}, ending("unit:a.service", "/etc/systemd/system/a.service"), nil},
		{"it was linked", []string{"etc/systemd/system/x.service -> /opt/x.service", "opt/x.service"}, ending("unit:x.service", "/etc/systemd/system/x.service"), []string{"x.service stop disable"}},
		{"its package goes, with a file of somebody's over it", []string{"etc/systemd/system/x.service", "usr/lib/systemd/system/x.service"}, ending("unit:x.service"), []string{"x.service stop disable"}},
		{"its package is removed and not purged", []string{"usr/lib/systemd/system/x.service"}, resource.Ending{Keys: []string{"unit:x.service"}, Stays: true}, []string{"x.service stop"}},
		{"a template, with an instance that is enabled", []string{"etc/systemd/system/x@.service", "etc/systemd/system/multi-user.target.wants/x@a.service -> ../x@.service"}, ending("unit:x@.service", "/etc/systemd/system/x@.service"), []string{"x@a.service stop disable", "x@.service disable"}},
		{"a script", []string{"etc/init.d/x"}, ending("unit:x.service", "/etc/init.d/x"), []string{"x.service stop disable"}},
		{"a script beside a unit", []string{"etc/init.d/x", "usr/lib/systemd/system/x.service"}, ending("unit:x.service", "/etc/init.d/x"), nil},
		{"what is no unit", nil, ending("path:/etc/x"), nil},
	} {
		t.Run(c.summary, func(t *testing.T) {
			root := t.TempDir()
			for _, f := range c.files {
				plant(t, root, f)
			}
			got, err := New(Options{Root: root}).Retiring(t.Context(), c.e)
			if err != nil {
				t.Fatal(err)
			}
			var units []string
			for _, w := range got {
				s := resource.StringAttr(w, "name")
				if resource.HasAttr(w, "running") {
					s += " stop"
				}
				if resource.HasAttr(w, "enabled") {
					s += " disable"
				}
				units = append(units, s)
			}
			if d := cmp.Diff(c.want, units); d != "" {
				t.Error(d)
			}
		})
	}
}

func ending(key string, without ...string) resource.Ending {
	return resource.Ending{Keys: []string{key}, Without: without}
}

func plant(t *testing.T, root, file string) {
	t.Helper()
	name, target := file, ""
	for i := range len(file) - 3 {
		if file[i:i+4] == " -> " {
			name, target = file[:i], file[i+4:]
		}
	}
	at := filepath.Join(root, name)
	err := os.MkdirAll(filepath.Dir(at), 0o755)
	if err == nil && target != "" {
		err = os.Symlink(target, at)
	} else if err == nil {
		err = os.WriteFile(at, []byte("[Service]\n"), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
