package apt

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"converge/internal/resource"
	"converge/resources"
)

// A tree under a root is worked on by its own apt and dpkg.
func TestTreeUnderARoot(t *testing.T) {
	if !onHost(t) {
		return
	}
	shell(t, `mkdir -p /image/dev /image/proc /image/tmp /image/run /image/srv; chmod 1777 /image/tmp
		cp -a --one-file-system /bin /sbin /lib* /usr /etc /var /root /image/
		cp -a /srv/repo /image/srv/; mknod -m 666 /image/dev/null c 1 3
		apt-get -qq update; apt-get -qq -y install svc-a`)
	before := shell(t, "cat /var/lib/dpkg/status; ls /var/lib/apt/lists; cat /var/log/apt/history.log")
	m := &machine{when: map[string]func(){}}
	p, err := New(Options{Root: "/image/../image", Progress: func(s string) { t.Log(s) }})
	if err != nil {
		t.Fatal(err)
	}
	m.Provider, m.kind = p, resources.Package(p)
	rs := []*resource.Resource{
		m.resource(t, "svc-a", attrs{"version": "1.0"}), m.resource(t, "needs-mail", attrs{"hold": true}), m.resource(t, "p01", nil),
	}
	f := m.converge(t, rs...)
	want := []string{
		"create svc-a ensure=→present version=→1.0", "create needs-mail ensure=→present version=→1.0 hold=→yes",
		"create p01 ensure=→present version=→1.0",
	}
	if d := cmp.Diff(want, summary(f.Changes)); d != "" || len(f.Also) != 1 {
		t.Error(d, summary(f.Also))
	}
	if got := shell(t, "chroot /image dpkg-query -W -f='${db:Status-Abbrev}${Package} ${Version}\n' svc-a needs-mail p01; ls /image/tmp"); got != "hi needs-mail 1.0\nii p01 1.0\nii svc-a 1.0" {
		t.Errorf("in the tree: %s", got)
	}
	m.converge(t, m.resource(t, "svc-a", attrs{"ensure": "latest"}), m.resource(t, "p01", attrs{"ensure": "purged"}))
	if d := cmp.Diff(before, shell(t, "cat /var/lib/dpkg/status; ls /var/lib/apt/lists; cat /var/log/apt/history.log")); d != "" {
		t.Errorf("the machine itself was touched:\n%s", d)
	}
	deb := m.resource(t, "hello-conf", attrs{"source": "/x.deb"})
	if _, err := m.Solve(t.Context(), m.diff(t, deb), nil); err == nil {
		t.Error("a package file under a root is not refused")
	}
	if err := os.RemoveAll("/image/usr/bin/apt-get"); err != nil {
		t.Fatal(err)
	}
	_, err = m.Solve(t.Context(), m.diff(t, m.resource(t, "p02", nil)), nil)
	if err == nil || err.Error() != "cannot ask apt for its solution: cannot run apt-get: there is none in \"/image\"" {
		t.Error(err)
	}
}
