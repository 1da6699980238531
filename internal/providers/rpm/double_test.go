package rpm

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/tool"
)

// doubles answers rpm -qa with packages, and queries for the files of some.
type doubles struct {
	installed, files string
	gone             []string // packages that another program removes after -qa
	faster           string   // what another program removes that takes the lock before an erasure
	erased           []string
}

func (d *doubles) Run(_ context.Context, c tool.Command) (tool.Result, error) {
	switch {
	case slices.Contains(c.Argv, "-qa"):
		return tool.Result{Stdout: d.installed}, nil
	case c.Argv[1] == "-q":
		return d.query(c.Argv[5:]), nil
	case d.faster != "":
		d.gone, d.faster = append(d.gone, d.faster), ""
		return tool.Result{Status: 1, Stderr: "error: can't create transaction lock on /var/lib/rpm/.rpm.lock (Resource temporarily unavailable)\n"}, nil
	}
	d.erased = append(d.erased, c.Argv[4:]...)
	return tool.Result{}, nil
}

func (d *doubles) query(names []string) tool.Result {
	var res tool.Result
	for _, name := range names {
		if slices.Contains(d.gone, name) {
			res.Status++
			res.Stdout += "package " + name + " is not installed\n"
			continue
		}
		res.Stdout += "P\t" + name + "\n"
		for line := range strings.Lines(d.files) {
			if of, file, _ := strings.Cut(line, "\t"); of == name {
				res.Stdout += "f\t" + file
			}
		}
		res.Stdout += "\n"
	}
	return res
}

func TestTwoVersionsOfOnePackage(t *testing.T) {
	const (
		regular = "33188\t0\t"
		folder  = "16877\t0\t"
		ghost   = "33188\t64\t"
	)
	version := func(name, version string) string { return "P\t" + name + "\t0:" + version + "\tnoarch\n" }
	both := func(name string) string { return version(name, "2-1") + version(name, "1-1") }
	d := &doubles{
		installed: both("torn") + both("empty") + both("unnamed") + both("kernel") + both("side") + both("mine") + both("theirs") + both("many") +
			"p\tinstallonlypkg(x)\t\n" + "P\ttwin\t0:2-1\tx86_64\nP\ttwin\t0:1-1\ti686\n",
		files: "torn-1-1.noarch\t" + regular + "/a\ntorn-1-1.noarch\t" + folder + "/old\ntorn-1-1.noarch\t" + ghost + "/log\ntorn-2-1.noarch\t" + regular + "/a\ntorn-2-1.noarch\t" + regular + "/b\n" +
			"side-1-1.noarch\t" + regular + "/opt/1\nside-2-1.noarch\t" + regular + "/opt/2\n",
	}
	var notices []string
	h, err := tool.NewHost(tool.Options{Root: t.TempDir(), Runner: d, LockTimeout: -1, Notice: func(m string) { notices = append(notices, m) }}, tool.Family{})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"/etc/dnf/dnf.conf": "[main]\ninstallonlypkgs=min?\n", "/etc/zypp/multiversion.d/x": "# theirs\ntheirs\n"} {
		at := filepath.Join(h.Root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o755), os.WriteFile(at, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	r := Reader{Host: h}
	list, err := r.ReadInstalled(t.Context())
	var broken []string
	for _, p := range list {
		if p.Broken != "" {
			broken = append(broken, p.Name+" "+p.Version+": "+p.Broken)
		}
	}
	const why = " 2-1: an interrupted transaction has left version 1-1 there too"
	if d := cmp.Diff([]string{"torn" + why, "empty" + why, "unnamed" + why}, broken); err != nil || d != "" || len(list) != 10 {
		t.Error(err, d, list)
	}
	words := []packages.Word{{Name: "torn"}, {Name: "empty", Reinstall: true}, {Name: "side"}, {Name: "kernel"}, {Name: "mine"}, {Name: "twin"}}
	if err := r.FinishUpgrades(t.Context(), nil, words); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"torn-1-1.noarch", "empty-1-1.noarch"}, d.erased); d != "" {
		t.Error(d)
	}
	if len(notices) != 3 || !strings.HasPrefix(notices[0], "side is installed in versions 1-1 and 2-1, each with files of its own: both stay; if 1-1 is not wanted, remove it by rpm -e side-1-1.noarch") {
		t.Error(notices)
	}
}

// newReader returns an rpm whose root is a folder.
func newReader(t *testing.T, d *doubles) Reader {
	t.Helper()
	h, err := tool.NewHost(tool.Options{Root: t.TempDir(), Runner: d, LockTimeout: time.Hour}, tool.Family{})
	if err != nil {
		t.Fatal(err)
	}
	return Reader{Host: h}
}

// TestTransactionEndsWhileItIsLookedAt: another program upgrades a and downgrades b between two queries.
func TestTransactionEndsWhileItIsLookedAt(t *testing.T) {
	d := &doubles{
		installed: "P\ta\t0:1-1\tnoarch\nP\ta\t0:2-1\tnoarch\nP\tb\t0:1-1\tnoarch\nP\tb\t0:2-1\tnoarch\n",
		gone:      []string{"a-1-1.noarch", "b-2-1.noarch"},
	}
	r := newReader(t, d)
	list, err := r.ReadInstalled(t.Context())
	want := []packages.Package{{Name: "a", Version: "2-1", Arch: "noarch"}, {Name: "b", Version: "2-1", Arch: "noarch"}}
	if d := cmp.Diff(want, list); d != "" || err != nil {
		t.Error(d, err)
	}
	if err := r.FinishUpgrades(t.Context(), nil, []packages.Word{{Name: "a"}, {Name: "b"}}); err != nil || len(d.erased) > 0 {
		t.Error(err, d.erased)
	}
}

// endingLock is held at first. Before it is released, its holder removes a package.
type endingLock struct {
	asked   int
	doubles *doubles
	removes string
}

func (l *endingLock) Name() string { return "lock" }

func (l *endingLock) Holder() (pid int, held bool, err error) {
	if l.asked++; l.asked == 1 {
		return 0, true, nil
	}
	l.doubles.gone = []string{l.removes}
	return 0, false, nil
}

// TestTheOnlyVersionStays: the only version of a package stays, whether the other one is removed during the wait for
// the lock, or by another program that takes the lock first.
func TestTheOnlyVersionStays(t *testing.T) {
	for name, faster := range map[string]bool{"during the wait": false, "after the wait": true} {
		t.Run(name, func(t *testing.T) {
			d := &doubles{installed: "P\ta\t0:1-1\tnoarch\nP\ta\t0:2-1\tnoarch\n"}
			var locks []tool.Lock
			if faster {
				d.faster = "a-2-1.noarch"
			} else {
				locks = append(locks, &endingLock{doubles: d, removes: "a-2-1.noarch"})
			}
			if err := newReader(t, d).FinishUpgrades(t.Context(), locks, []packages.Word{{Name: "a"}}); err != nil || len(d.gone) != 1 || len(d.erased) > 0 {
				t.Error(err, d.gone, d.erased)
			}
		})
	}
}

// TestNothingIsLeftWhileRPMIsAtWork: while rpm holds its lock, both versions of an upgraded package are installed, and
// whether they stay is still unknown.
func TestNothingIsLeftWhileRPMIsAtWork(t *testing.T) {
	r := newReader(t, &doubles{installed: "P\ta\t0:1-1\tnoarch\nP\ta\t0:2-1\tnoarch\n"})
	file := filepath.Join(r.Host.Root, "var/lib/rpm/.rpm.lock")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	// A lock of an open file description also conflicts with this process's own locks.
	if err := unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_WRLCK}); err != nil {
		t.Fatal(err)
	}
	brokenWhen := func(when string, want bool) {
		t.Helper()
		list, err := r.ReadInstalled(t.Context())
		if err != nil || len(list) != 1 || list[0].Version != "2-1" || (list[0].Broken != "") != want {
			t.Errorf("%s: %v %+v", when, err, list)
		}
	}
	brokenWhen("at work", false)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	brokenWhen("ended", true)
}

func TestOwnFiles(t *testing.T) {
	asked := map[string]bool{"a-1-1.noarch": true, "b-1-1.noarch": true}
	got, missing, err := parseOwnFiles("P\ta-1-1.noarch\nf\t33188\t0\t/a\n\npackage b-1-1.noarch is not installed\n", asked)
	want := map[string]map[string]bool{"a-1-1.noarch": {"/a": true}}
	if d := cmp.Diff(want, got); d != "" || missing != 1 || err != nil {
		t.Error(d, missing, err)
	}
	none := map[string]map[string]bool{"a-1-1.noarch": {}}
	for _, out := range []string{"P\ta-1-1.noarch\n\n", "P\ta-1-1.noarch\n(none)\n", "P\ta-1-1.noarch\nf\t(none)\t(none)\t(none)\n\n"} {
		if got, _, err := parseOwnFiles(out, asked); cmp.Diff(none, got) != "" || err != nil {
			t.Errorf("%q: %v %v", out, got, err)
		}
	}
	for _, bad := range []string{"P\tc-1-1.noarch\n", "f\t33188\t0\t/a\n", "P\ta-1-1.noarch\nf\tx\t0\t/a\n", "package c-1-1.noarch is not installed\n", "error: x\n"} {
		if got, _, err := parseOwnFiles(bad, asked); err == nil {
			t.Errorf("%q: %v", bad, got)
		}
	}
}
