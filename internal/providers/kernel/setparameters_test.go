package kernel

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// countReplacements returns how many times a file of dir was replaced while do ran.
func countReplacements(t *testing.T, dir, name string, do func()) (n int) {
	t.Helper()
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if _, err := unix.InotifyAddWatch(fd, dir, unix.IN_MOVED_TO|unix.IN_CLOSE_WRITE|unix.IN_CREATE); err != nil {
		t.Fatal(err)
	}
	do()
	buf := make([]byte, 1<<16)
	for {
		size, err := unix.Read(fd, buf)
		if err != nil {
			return n
		}
		n += strings.Count(string(buf[:size]), name+"\x00")
	}
}

// TestManyParametersOneWrite: 40 parameters are one replacement of their file.
func TestManyParametersOneWrite(t *testing.T) {
	files := []string{"etc/sysctl.d/10-other.conf = # other"}
	for i := range 40 {
		files = append(files, fmt.Sprintf("proc/sys/vm/k%d = 0\\n", i))
	}
	root, f := host(t, files...)
	p := New(Options{FS: f, Live: true, Systemd: true})
	var rs []*resource.Resource
	var cs []resource.Change
	for i := range 40 {
		rs = append(rs, parameter(t, p, "key", fmt.Sprintf("vm.k%d", i), "value", 1))
		cs = append(cs, resourcetest.Plan(t, rs[i]))
	}
	n := countReplacements(t, filepath.Join(root, "etc/sysctl.d"), "60-converge.conf", func() {
		if out := p.ApplyAll(context.Background(), cs, resource.Forecast{}); out.Err(0) != nil || out.Err(39) != nil {
			t.Error(out.Errs)
		}
	})
	if n != 1 {
		t.Errorf("the file was replaced %d times", n)
	}
	for _, r := range rs {
		if c := resourcetest.Plan(t, r); !c.Empty() {
			t.Errorf("%s is still to be changed: %v", r.Want.GetAttr("key").AsString(), resourcetest.Names(c))
		}
	}
	// One value that the kernel refuses is not saved; the others are.
	if err := os.Remove(filepath.Join(root, "proc/sys/vm/k7")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(root, "etc/sysctl.d/60-converge.conf")); err != nil {
		t.Fatal(err)
	}
	out := p.ApplyAll(context.Background(), cs, resource.Forecast{})
	text, err := os.ReadFile(filepath.Join(root, "etc/sysctl.d/60-converge.conf"))
	if out.Err(7) == nil || out.Err(8) != nil || err != nil || strings.Contains(string(text), "vm.k7 ") || strings.Count(string(text), "\n") != 39 {
		t.Errorf("%v, %v, %q", out.Errs, err, text)
	}
}

func parameter(t testing.TB, p *Provider, pairs ...any) *resource.Resource {
	t.Helper()
	r, err := resourcetest.Build(resources.Sysctl(p), &resourcetest.World{}, "x", resourcetest.Attrs(pairs...))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestSavedByOthers: a value that another file sets at boot is right, and is not
// written again. With procps, sysctl.conf comes last.
func TestSavedByOthers(t *testing.T) {
	for _, systemd := range []bool{true, false} {
		_, f := host(t, "etc/sysctl.d/10-a.conf = a.b = 1", "etc/sysctl.conf = a.b = 2", "proc/sys/a/b = 1\\n")
		p := New(Options{FS: f, Live: true, Systemd: systemd})
		for _, file := range []string{resources.SysctlFile, "zz-last.conf"} { // whose name would be later
			r := parameter(t, p, "key", "a.b", "value", 1, "file", file)
			have, err := p.Observe(context.Background(), r.Want)
			switch {
			case systemd && (err != nil || !resource.Diff(r, have).Empty()):
				t.Errorf("%s: it is to be changed: %#v, %v", file, have, err)
			case !systemd && (err == nil || !strings.Contains(err.Error(), "/etc/sysctl.conf:1 sets it to 2 at boot")):
				t.Errorf("%s: sysctl.conf does not count: %v", file, err)
			}
		}
	}
}

// TestMaskedFile: a link to /dev/null in the place of the file is no file to write to.
func TestMaskedFile(t *testing.T) {
	root, f := host(t, "etc/sysctl.d/10-a.conf = a.b = 0", "proc/sys/a/b = 0\n")
	if err := errors.Join(os.Mkdir(root+"/dev", 0o755), unix.Mknod(root+"/dev/null", unix.S_IFIFO|0o600, 0), os.Symlink("/dev/null", root+"/etc/sysctl.d/60-converge.conf")); err != nil {
		t.Fatal(err)
	}
	p := New(Options{FS: f, Live: true, Systemd: true})
	c := resourcetest.Plan(t, parameter(t, p, "key", "a.b", "value", 1))
	got := p.Review(context.Background(), c, resource.Outlook{Ask: resource.AskForecast}).Blocked
	if want := "cannot write /etc/sysctl.d/60-converge.conf: it leads to /dev/null: it is a named pipe; remove it first"; fmt.Sprint(got) != want {
		t.Errorf("%v, want %s", got, want)
	}
	if err := p.Apply(context.Background(), c); fmt.Sprint(err) != `cannot write "/dev/null": it is a named pipe` {
		t.Error(err)
	}
}

// TestUnavailable: what the kernel does not have, or does not let be set, is an error
// of the plan, or skipped and noted. osrelease of the real kernel is one that not even
// root may set.
func TestUnavailable(t *testing.T) {
	f, err := fsys.Open("/")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p := New(Options{FS: f, Live: true, Systemd: true})
	for key, want := range map[string][2]string{
		"net.no.such":      {"cannot observe net.no.such: the kernel has no such parameter; a module may have to be loaded first", "skipped: the kernel has no such parameter"},
		"kernel.osrelease": {"cannot set kernel.osrelease: the kernel does not permit it here, as for many parameters in a container; with live = false it is set at boot only", "skipped: the kernel does not let it be set here"},
	} {
		r := parameter(t, p, "key", key, "value", "x")
		have, err := p.Observe(context.Background(), r.Want)
		if err == nil {
			c := resource.Diff(r, have)
			err = p.Review(context.Background(), c, resource.Outlook{Ask: resource.AskForecast}).Blocked
			if with := p.Review(context.Background(), c, resource.Outlook{Ask: resource.AskForecast, Pending: resource.UnknownPending}); with.Blocked != nil {
				t.Errorf("%s: it is blocked although something may help: %v", key, with.Blocked)
			}
		}
		if err == nil || err.Error() != want[0] && !strings.Contains(err.Error(), "read-only here") {
			t.Errorf("%s: %v, want %s", key, err, want[0])
		}
		r = parameter(t, p, "key", key, "value", "x", "unavailable", "skip")
		c := resourcetest.Plan(t, r)
		if owner := p.Review(context.Background(), c, resource.Outlook{Ask: resource.AskForecast}).Owner; !c.Empty() || owner != want[1] {
			t.Errorf("%s: the plan is %v, %q", key, resourcetest.Names(c), owner)
		}
	}
	// What can be set is not skipped.
	r := parameter(t, p, "key", "kernel.ostype", "value", "Linux", "unavailable", "skip", "live", false)
	if owner := p.Review(context.Background(), resourcetest.Plan(t, r), resource.Outlook{Ask: resource.AskForecast}).Owner; owner != "" {
		t.Error(owner)
	}
}

// TestSecretValue: the values that are made of a sensitive one are sensitive.
func TestSecretValue(t *testing.T) {
	k := resources.Sysctl(nil)
	r := parameter(t, nil, "key", "a.b", "value", 1)
	for _, name := range []string{"value", "live_value", "saved_value"} {
		if !k.Secrets(r.Want, map[string]bool{"value": true})[name] {
			t.Errorf("%s is shown", name)
		}
	}
}

var _ resource.Transactor = (*Provider)(nil)
