package apt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"converge/internal/providers/packages/tool"
	"converge/internal/resource"
)

func TestLocksAreWaitedForAndNamed(t *testing.T) {
	if !onHost(t) {
		return
	}
	for i, file := range []string{lockFrontend, lockDpkg, lockArchives, lockLists} {
		t.Run(file, func(t *testing.T) {
			shell(t, "rm -rf /var/lib/apt/lists/*_*") // so that they have to be fetched
			m := newMachine(t)
			pid, release := lock(t, file)
			m.when[file+" is held by"] = release
			m.converge(t, m.resource(t, fmt.Sprintf("p%02d", i+1), nil))
			want := fmt.Sprintf("%s is held by process %d (%s", file, pid, os.Args[0])
			if !strings.Contains(m.said.String(), want) {
				t.Errorf("nobody said %q", want)
			}
		})
	}
	t.Run("patience ends", func(t *testing.T) {
		m := newMachine(t)
		m.Patience = -1
		pid, _ := lock(t, lockFrontend)
		r := m.resource(t, "p10", nil)
		if _, err := m.Solve(t.Context(), m.diff(t, r), nil); err != nil {
			t.Errorf("a plan needs no lock: %v", err)
		}
		err := m.Apply(t.Context(), m.diff(t, r)[0])
		if want := fmt.Sprintf("still held by process %d", pid); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	})
	t.Run("interrupt", func(t *testing.T) {
		m := newMachine(t)
		lock(t, lockFrontend)
		ctx, cancel := context.WithCancel(t.Context())
		m.when[lockFrontend] = cancel
		if err := m.Apply(ctx, m.diff(t, m.resource(t, "p10", nil))[0]); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	})
}

func TestFailingScriptFailsItsPackageOnly(t *testing.T) {
	if !onHost(t) {
		return
	}
	m := newMachine(t)
	rs := []*resource.Resource{m.resource(t, "p01", nil), m.resource(t, "bad-postinst", nil), m.resource(t, "flaky-postinst", nil), m.resource(t, "p02", nil)}
	errs := m.ApplyAll(t.Context(), m.diff(t, rs...), resource.Forecast{}).Errs
	if len(errs) != 4 || errs[0] != nil || errs[3] != nil {
		t.Fatal(errs)
	}
	for _, want := range []string{"post-installation script subprocess returned error exit status 7", "\n  postinst says no"} {
		if !strings.Contains(errs[1].Error(), want) {
			t.Errorf("%q is not in: %v", want, errs[1])
		}
	}
	left := m.diff(t, rs...)
	if d := cmp.Diff([]string{"update bad-postinst ensure=half-configured→present", "update flaky-postinst ensure=half-configured→present"}, summary(left)); d != "" {
		t.Fatal(d)
	}
	shell(t, "touch /run/fix-flaky")
	f, err := m.Solve(t.Context(), left, nil)
	if err != nil || len(f.Changes[1].Notes) != 1 || f.Changes[1].Notes[0] != "dpkg left it half-configured; it will be configured" {
		t.Errorf("%v %v", f.Changes, err)
	}
	errs = m.ApplyAll(t.Context(), left, f).Errs
	if len(errs) != 2 || errs[0] == nil || errs[1] != nil {
		t.Fatal(errs)
	}
	// The one that cannot be configured fails every later transaction, and
	// stands in nobody's way.
	m.converge(t, m.resource(t, "p03", nil))
	m.converge(t, m.resource(t, "bad-postinst", attrs{"ensure": "purged"}))
}

func TestRemovalBeyondThePlanIsRefused(t *testing.T) {
	if !onHost(t) {
		return
	}
	m := newMachine(t)
	hates, other := m.resource(t, "hates-svc", nil), m.resource(t, "p01", nil)
	changes := m.diff(t, hates, other)
	planned, err := m.Solve(t.Context(), changes, nil)
	if err != nil || len(planned.Also) != 0 {
		t.Fatal(planned.Also, err)
	}
	m.converge(t, m.resource(t, "svc-a", nil)) // since the plan
	errs := m.ApplyAll(t.Context(), changes, planned).Errs
	const want = "cannot install hates-svc: it would remove svc-a, which the plan did not show; plan again"
	if len(errs) != 2 || errs[0] == nil || errs[0].Error() != want || errs[1] != nil {
		t.Errorf("%v", errs)
	}
	if s := state(t, "svc-a"); s != "ii 1.1" {
		t.Errorf("svc-a is %s", s)
	}
	f := m.converge(t, hates)
	if d := cmp.Diff([]string{"delete svc-a version=1.1→"}, summary(f.Also)); d != "" {
		t.Error(d)
	}
}

func TestNeitherEssentialNorHeldPackagesAreTouched(t *testing.T) {
	if !onHost(t) {
		return
	}
	shell(t, "apt-get -qq update; apt-get -qq -y install hello-conf=1.0 svc-a epoch=1:0.9-1; apt-mark hold hello-conf svc-a")
	m := newMachine(t)
	for _, c := range []struct {
		name string
		attr attrs
		err  string
	}{
		{"dpkg", attrs{"ensure": "absent"}, "package.dpkg: cannot remove dpkg: the system needs it"},
		{"init-system-helpers", attrs{"ensure": "absent"}, "package.init-system-helpers: cannot remove init-system-helpers: the system needs it"},
		{"hates-svc", nil, "package.hates-svc: cannot install hates-svc: Conflicts: svc-a but 1.1 is to be installed"},
		{"hello-conf", attrs{"ensure": "latest"}, "package.hello-conf: cannot install hello-conf: it is held at version 1.0 by hand: release it (apt-mark unhold hello-conf), or set hold so that converge decides"},
		{"epoch", attrs{"version": "2.0~beta1"}, "package.epoch: cannot install epoch: version 1:0.9-1 is installed and 2.0~beta1 is older: set allow_downgrade = true to go back"},
	} {
		r := m.resource(t, c.name, c.attr)
		changes := m.diff(t, r)
		if _, err := m.Solve(t.Context(), changes, nil); err == nil || !strings.HasPrefix(err.Error(), c.err) {
			t.Errorf("%s: plan: %v", c.name, err)
		}
		if err := m.Apply(t.Context(), changes[0]); err == nil {
			t.Errorf("%s: applied", c.name)
		}
	}
	m.converge(t, m.resource(t, "hello-conf", attrs{"version": "2.0", "hold": true}))
	if s := state(t, "hello-conf"); s != "hi 2.0" {
		t.Errorf("hello-conf is %s", s)
	}
	for _, ensure := range []string{"absent", "purged"} {
		changes := m.diff(t, m.resource(t, "hello-conf", attrs{"ensure": ensure}))
		const held = "package.hello-conf: cannot remove hello-conf: it is held at version 2.0 by hand: release it (apt-mark unhold hello-conf), or set hold = false"
		if _, err := m.Solve(t.Context(), changes, nil); err == nil || err.Error() != held {
			t.Errorf("%s: plan: %v", ensure, err)
		}
		if err := m.Apply(t.Context(), changes[0]); err == nil || state(t, "hello-conf") != "hi 2.0" {
			t.Errorf("%s: %v, and hello-conf is %s", ensure, err, state(t, "hello-conf"))
		}
	}
	m.converge(t, m.resource(t, "hello-conf", attrs{"ensure": "absent", "hold": false}))
	m.converge(t, m.resource(t, "hello-conf", attrs{"ensure": "purged", "hold": false}))
	if s := state(t, "hello-conf"); s != "" && !strings.HasPrefix(s, "un") {
		t.Errorf("hello-conf is %s", s)
	}
	if n := transactions(t); n != 3 {
		t.Errorf("%d transactions", n)
	}
}

func TestImpossiblePackagesAreNamed(t *testing.T) {
	if !onHost(t) {
		return
	}
	m := newMachine(t)
	rs := []*resource.Resource{
		m.resource(t, "nope-nothing-like-it", nil), m.resource(t, "helo-conf", nil), m.resource(t, "svc-a", attrs{"version": "9.9"}),
		m.resource(t, "virtual-mail", nil), m.resource(t, "needs-new", nil), m.resource(t, "asker", attrs{"version": "> 1.0, < 3"}),
		m.resource(t, "p01", nil),
	}
	_, err := m.Solve(t.Context(), m.diff(t, rs...), nil)
	var bad resource.Unsolvable
	if !errors.As(err, &bad) {
		t.Fatal(err)
	}
	want := resource.Unsolvable{}
	errs := m.ApplyAll(t.Context(), m.diff(t, rs...), resource.Forecast{}).Errs
	for i, msg := range []string{
		"cannot install nope-nothing-like-it: it is in none of the package sources",
		"cannot install helo-conf: it is in none of the package sources; did you mean hello-conf?",
		"cannot install svc-a: it is not offered in version 9.9 by any package source; offered: 1.1, 1.0",
		"cannot install virtual-mail: it is a virtual package; name one that provides it: mta-y, mta-x",
		"cannot install needs-new: Depends: hello-conf (>= 3)",
		"cannot install asker: it is offered only in versions that are not wanted: 1.0",
	} {
		want[rs[i].Addr] = nil
		for _, got := range []error{bad[rs[i].Addr], errs[i]} {
			if got == nil || !strings.HasPrefix(got.Error(), msg) {
				t.Errorf("%v, want %q", got, msg)
			}
		}
	}
	if len(bad) != len(want) || errs[6] != nil || state(t, "p01") != "ii 1.0" {
		t.Errorf("%v %v", bad, errs)
	}
}

func TestLatestFollowsTheSources(t *testing.T) {
	if !onHost(t) {
		return
	}
	shell(t, `sed -i 's/stable/old/' /etc/apt/sources.list.d/converge-test.sources; apt-get -qq update; apt-get -qq -y install svc-a hello-conf`)
	m := newMachine(t)
	latest, any := m.resource(t, "svc-a", attrs{"ensure": "latest"}), m.resource(t, "hello-conf", nil)
	if cs := m.diff(t, latest, any); len(cs) != 0 {
		t.Fatal(summary(cs))
	}
	shell(t, `sed -i 's/old/stable/' /etc/apt/sources.list.d/converge-test.sources`)
	f := m.converge(t, latest, any)
	if d := cmp.Diff([]string{"update svc-a ensure=present→latest version=1.0→1.1"}, summary(f.Changes)); d != "" {
		t.Error(d)
	}
	// One that is missing from lists that look good: the archive has moved on.
	shell(t, `rm /var/lib/apt/lists/*_Packages`)
	m.converge(t, m.resource(t, "p01", nil))
}

func TestArchiveHasMovedOn(t *testing.T) {
	if !onHost(t) {
		return
	}
	shell(t, `mkdir /root/flat; cd /root/flat; cp $(find /srv/repo/ -name 'p01_1.0_all.deb') a.deb
		index() { dpkg-deb -f a.deb >Packages 2>/dev/null || dpkg-deb -f b.deb >Packages
			printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n' $1 $(stat -c %s $1) $(sha256sum $1 | cut -d' ' -f1) >>Packages; }
		index a.deb; chmod 755 /root; rm /etc/apt/sources.list.d/*; echo 'deb [trusted=yes] copy:/root/flat ./' >/etc/apt/sources.list.d/flat.list
		apt-get -qq update; mv a.deb b.deb; index b.deb`)
	m := newMachine(t)
	m.converge(t, m.resource(t, "p01", nil))
	if !strings.Contains(m.said.String(), "fetching the package lists: a package could not be fetched") {
		t.Error("the lists were good after all")
	}
}

func TestPackageFile(t *testing.T) {
	if !onHost(t) {
		return
	}
	shell(t, "find /srv/repo -name 'hello-conf_1.1*.deb' -exec cp {} '/root/a package.deb' \\;")
	m := newMachine(t)
	missing := m.resource(t, "hello-conf", attrs{"source": "/root/none.deb"})
	if _, err := m.Solve(t.Context(), m.diff(t, missing), nil); !errors.Is(err.(resource.Unsolvable)[missing.Addr], resource.ErrMissing) { //nolint:errorlint // it is that type
		t.Error(err)
	}
	wrong := m.resource(t, "svc-a", attrs{"source": "/root/a package.deb"})
	if err := m.Apply(t.Context(), m.diff(t, wrong)[0]); err == nil || !strings.Contains(err.Error(), "holds package hello-conf, not svc-a") {
		t.Error(err)
	}
	f := m.converge(t, m.resource(t, "hello-conf", attrs{"source": "root/a package.deb"})) // from the manifest's folder
	if d := cmp.Diff([]string{"create hello-conf ensure=→present version=→1.1 source=→/root/a package.deb"}, summary(f.Changes)); d != "" {
		t.Error(d)
	}
}

func TestRecommendedPackages(t *testing.T) {
	if !onHost(t) {
		return
	}
	m := newMachine(t)
	f := m.converge(t, m.resource(t, "rec", attrs{"recommends": false}))
	if len(f.Also) != 0 {
		t.Error(summary(f.Also))
	}
	m.converge(t, m.resource(t, "rec", attrs{"ensure": "absent"}))
	f = m.converge(t, m.resource(t, "rec", nil), m.resource(t, "p01", attrs{"recommends": false}))
	if d := cmp.Diff([]string{"create hello-conf version=→2.0"}, summary(f.Also)); d != "" {
		t.Error(d)
	}
	if got := shell(t, "apt-mark showauto hello-conf rec p01"); got != "hello-conf" {
		t.Errorf("automatic: %s", got)
	}
	if n := transactions(t); n != 3 {
		t.Errorf("%d transactions", n)
	}
}

// background starts an apt-get that is in the middle of slow-postinst when it
// returns.
func background(t *testing.T) *exec.Cmd {
	t.Helper()
	shell(t, "apt-get -qq update")
	cmd := exec.Command("apt-get", "-qq", "-y", "install", "slow-postinst")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = cmd.Wait() }()
	shell(t, "until [ -e /run/slow-postinst.started ]; do :; done")
	return cmd
}

func TestInterruptedDpkgIsRepaired(t *testing.T) {
	if !onHost(t) {
		return
	}
	t.Run("orphan at work", func(t *testing.T) {
		apt := background(t)
		_ = apt.Process.Kill()
		m := newMachine(t)
		m.when[lockDpkg] = func() { _ = os.WriteFile("/run/slow-postinst.go", nil, 0o644) }
		m.converge(t, m.resource(t, "p01", nil), m.resource(t, "slow-postinst", nil))
		shell(t, "apt-get -qq -y purge slow-postinst; rm -f /run/slow-postinst*")
	})
	t.Run("all killed", func(t *testing.T) {
		apt := background(t)
		for _, pid := range tool.FindDescendants(apt.Process.Pid) {
			p, _ := os.FindProcess(pid)
			_ = p.Kill()
		}
		shell(t, "touch /run/slow-postinst.go; until flock -n /dev/null true; do :; done")
		m := newMachine(t)
		slow := m.resource(t, "slow-postinst", nil)
		if d := cmp.Diff([]string{"update slow-postinst ensure=half-configured→present"}, summary(m.diff(t, slow))); d != "" {
			t.Error(d)
		}
		m.converge(t, m.resource(t, "p02", nil), slow)
		if !strings.Contains(m.said.String(), "dpkg was interrupted; finishing what it has begun") {
			t.Error("nothing was said of the repair")
		}
	})
}

func TestInterruptLetsTheTransactionFinish(t *testing.T) {
	if !onHost(t) {
		return
	}
	m := newMachine(t)
	ctx, cancel := context.WithCancel(t.Context())
	m.when["Setting up slow-postinst"] = func() {
		cancel()
		_ = os.WriteFile("/run/slow-postinst.go", nil, 0o644)
	}
	if err := m.Apply(ctx, m.diff(t, m.resource(t, "slow-postinst", nil))[0]); err != nil {
		t.Error(err)
	}
	if s := state(t, "slow-postinst"); s != "ii 1.0" {
		t.Error(s)
	}
	if err := m.Apply(ctx, m.diff(t, m.resource(t, "p01", nil))[0]); !errors.Is(err, context.Canceled) {
		t.Errorf("a transaction was started after the interrupt: %v", err)
	}
}

func TestDeadlineStopsTheScriptNotDpkg(t *testing.T) {
	if !onHost(t) {
		return
	}
	shell(t, "apt-get -qq update")
	m := newMachine(t)
	slow := m.resource(t, "slow-postinst", nil)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	err := m.Apply(ctx, m.diff(t, slow)[0])
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	if left, err := m.pendingUpdates(); err != nil || len(left) > 0 {
		t.Errorf("dpkg was interrupted: %v %v", left, err)
	}
	if d := cmp.Diff([]string{"update slow-postinst ensure=half-configured→present"}, summary(m.diff(t, slow))); d != "" {
		t.Error(d)
	}
	shell(t, "touch /run/slow-postinst.go")
	m.converge(t, slow)
}

// What the package manager has begun it finishes, though converge be killed.
func TestKilledWhileAptRuns(t *testing.T) {
	if !onHost(t) {
		return
	}
	cmd, _, _ := another(t, "APT_TEST_APPLY=slow-postinst")
	shell(t, "until [ -e /run/slow-postinst.started ]; do :; done")
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	m := newMachine(t)
	m.when[lockFrontend] = func() { _ = os.WriteFile("/run/slow-postinst.go", nil, 0o644) }
	if err := (repairer{m.sources}).repairDpkg(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if s := state(t, "slow-postinst"); s != "ii 1.0" {
		t.Errorf("slow-postinst is %s", s)
	}
}
