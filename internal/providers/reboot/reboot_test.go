package reboot

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// host is a host below a folder: its files, its /proc, its clock.
type host struct {
	t     *testing.T
	root  string
	boot  string // the kernel's id of the boot
	born  int    // start of the first process, in clock ticks
	mono  time.Duration
	wall  time.Time
	tweak func(*Options)
}

func newHost(t *testing.T) *host {
	h := &host{t: t, root: t.TempDir(), boot: "b1", born: 7, mono: time.Hour, wall: time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)}
	h.write("proc/sys/kernel/osrelease", "6.1.0-18-amd64\n")
	h.write("etc/systemd/system/x", "")
	h.write("var/lib/converge/x", "")
	h.write("run/x", "")
	return h
}

func (h *host) write(name, text string) {
	h.t.Helper()
	path := filepath.Join(h.root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		h.t.Fatal(err)
	}
}

// run returns the provider of a run.
func (h *host) run(id string) *Provider {
	h.t.Helper()
	fs, err := fsys.Open(h.root)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { fs.Close() })
	h.write("proc/1/stat", fmt.Sprintf("1 (init) S 0 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %d 0 0\n", h.born))
	o := Options{
		FS: fs, Live: true, State: filepath.Join(h.root, "var/lib/converge"), Run: id, Booted: true, Systemd: true, Root: true,
		Now:         func() resource.Instant { return resource.Instant{Boot: h.boot, Mono: h.mono, Wall: h.wall} },
		InContainer: func() bool { return false },
		Resume:      Resume{WhyNot: "this is a test"},
		proc:        filepath.Join(h.root, "proc"),
	}
	if h.tweak != nil {
		h.tweak(&o)
	}
	return New(o)
}

// runOf returns the provider of a run of a site.
func (h *host) runOf(site, id string) *Provider {
	h.t.Helper()
	p := h.run(id)
	p.Resume.Site, p.past.site = site, site
	return p
}

// reboots lets a run request and prepare a reboot, and boots.
func (h *host) reboots(p *Provider, want resources.RebootWant, causes ...string) {
	h.t.Helper()
	if err := p.Request(h.t.Context(), resource.Encode(want), causes); err != nil {
		h.t.Fatal(err)
	}
	h.prepares(p)
	h.boots()
}

func (h *host) prepares(p *Provider) {
	h.t.Helper()
	if err := p.Prepare(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

// completes completes a run in which a reboot is declared.
func (h *host) completes(p *Provider) {
	h.t.Helper()
	if _, err := p.Require(h.t.Context(), resource.Encode(resources.RebootWant{})); err != nil {
		h.t.Fatal(err)
	}
	if err := p.Complete(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

func (h *host) boots() {
	h.boot += "'"
	h.mono = time.Minute
	h.wall = h.wall.Add(time.Minute)
}

// requires returns what the host requires, or the error.
func (h *host) requires(p *Provider) string {
	h.t.Helper()
	why, err := p.Require(h.t.Context(), resource.Encode(required()))
	if err != nil {
		return "error: " + err.Error()
	}
	return why
}

// required returns a reboot that depends on whether the host requires it.
func required() resources.RebootWant {
	return resources.RebootWant{WhenRequired: resource.Some(true), AtMostEvery: resource.Some("0s")}
}

func (h *host) requests(p *Provider, every string, causes ...string) string {
	h.t.Helper()
	err := p.Request(h.t.Context(), resource.Encode(resources.RebootWant{AtMostEvery: resource.Some(every)}), causes)
	switch {
	case err == nil:
		return ""
	case errors.Is(err, resource.ErrNotYet):
		return "later: " + err.Error()
	}
	return "failed: " + err.Error()
}

// TestWhatRequiresAReboot shows which files make a host require a reboot.
func TestWhatRequiresAReboot(t *testing.T) {
	for _, c := range []struct {
		summary, runs string
		files         map[string]string
		container     bool
		want          string
	}{
		{"nothing", "6.1.0-18-amd64", nil, false, ""},
		{"a mark of Debian", "6.1.0-18-amd64", map[string]string{"run/reboot-required": "*** System restart required ***\n"}, false, "/run/reboot-required is there"},
		{
			"with packages", "6.1.0-18-amd64", map[string]string{"run/reboot-required": "", "run/reboot-required.pkgs": "linux-base\nlibc6\nlibc6\n"}, false,
			"/run/reboot-required is there for libc6, linux-base",
		},
		{"a mark of zypper, in a container", "6.1.0-18-amd64", map[string]string{"run/reboot-needed": ""}, true, "/run/reboot-needed is there"},
		{
			"a newer kernel of Debian", "6.1.0-9-amd64",
			map[string]string{"boot/vmlinuz-6.1.0-9-amd64": "", "boot/vmlinuz-6.1.0-18-amd64": "", "boot/vmlinuz-6.1.0-10-amd64": ""}, false,
			"the kernel 6.1.0-18-amd64 is installed, and 6.1.0-9-amd64 runs",
		},
		{"in a container", "6.1.0-9-amd64", map[string]string{"boot/vmlinuz-6.1.0-18-amd64": ""}, true, ""},
		{"an older one", "6.1.0-18-amd64", map[string]string{"boot/vmlinuz-6.1.0-18-amd64": "", "boot/vmlinuz-6.1.0-9-amd64": ""}, false, ""},
		{"one of another variant", "6.1.0-18-amd64", map[string]string{"boot/vmlinuz-6.1.0-18-amd64": "", "boot/vmlinuz-6.1.0-20-rt-amd64": ""}, false, ""},
		{
			"a newer kernel of Fedora", "6.5.6-300.fc39.x86_64", map[string]string{"usr/lib/modules/6.5.10-300.fc39.x86_64/vmlinuz": "", "usr/lib/modules/6.5.6-300.fc39.x86_64/vmlinuz": ""}, false,
			"the kernel 6.5.10-300.fc39.x86_64 is installed, and 6.5.6-300.fc39.x86_64 runs",
		},
		{"its debug variant", "6.5.6-300.fc39.x86_64", map[string]string{"usr/lib/modules/6.5.10-300.fc39.x86_64+debug/vmlinuz": "", "usr/lib/modules/6.5.6-300.fc39.x86_64/vmlinuz": ""}, false, ""},
		{"modules that a package left behind are no kernel", "6.1.0-9-amd64", map[string]string{"usr/lib/modules/6.1.0-18-amd64/kernel/x": "", "boot/vmlinuz-6.1.0-9-amd64": ""}, false, ""},
		{
			"a kernel of Arch that was replaced", "6.12.1-arch1-1", map[string]string{"proc/modules": "ext4 1 0 - Live 0x0\n", "usr/lib/modules/6.12.4-arch1-1/vmlinuz": ""}, false,
			"the kernel 6.12.4-arch1-1 is installed, and 6.12.1-arch1-1 runs",
		},
		{
			"one of Alpine", "6.6.1-0-lts", map[string]string{"proc/modules": "ext4 1 0 - Live 0x0\n", "boot/vmlinuz-lts": "", "lib/modules/6.6.9-0-lts/x": ""}, false,
			"the modules of the kernel 6.6.1-0-lts, which runs, are removed",
		},
		{"a kernel from outside the machine", "6.18.0", map[string]string{"boot/vmlinuz-6.1.0-18-amd64": "", "proc/modules": ""}, false, ""},
	} {
		t.Run(c.summary, func(t *testing.T) {
			h := newHost(t)
			h.write("proc/sys/kernel/osrelease", c.runs+"\n")
			for name, text := range c.files {
				h.write(name, text)
			}
			h.tweak = func(o *Options) { o.InContainer = func() bool { return c.container } }
			if got := h.requires(h.run("r")); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if got := h.requires(h.run("")); got != c.want {
				t.Errorf("a plan: got %q, want %q", got, c.want)
			}
		})
	}
}

func TestVariants(t *testing.T) {
	for release, want := range map[string]string{
		"6.1.0-18-amd64": "amd64", "6.1.0-18-cloud-amd64": "cloud-amd64", "5.15.0-91-generic": "generic", "6.6.20+rpt-rpi-v8": "rpi-v8",
		"6.4.0-150600.21-default": "default", "5.14.0-362.8.1.el9_3.x86_64": "x86_64", "5.14.0-362.8.1.el9_3.x86_64+rt": "x86_64+rt",
		"6.12.1": "", "6.12.1-1": "", "lts": "lts", "": "", "-": "", "6.1.": "",
	} {
		if got := variantOf(release); got != want {
			t.Errorf("%q: %q, want %q", release, got, want)
		}
	}
}

// TestBootSettles shows which moments are before the present boot.
func TestBootSettles(t *testing.T) {
	h := newHost(t)
	p := h.run("r")
	for _, c := range []struct {
		summary string
		since   resource.Instant
		born    int
		want    bool
	}{
		{"in another boot", resource.Instant{Boot: "b0", Mono: time.Hour}, 7, true},
		{"in this one", resource.Instant{Boot: "b1", Mono: time.Minute}, 7, false},
		{"it is not known when", resource.Instant{Boot: "b1"}, 1e9, false},
		{"it is not known in which boot", resource.Instant{}, 7, false},
		{"a container was booted again on the same kernel", resource.Instant{Boot: "b1", Mono: time.Minute}, 1e9, true},
	} {
		h.born = c.born
		h.run("r") // writes the first process
		got, err := p.Satisfied(t.Context(), resource.Encode(resources.RebootWant{}), "request", c.since)
		if err != nil || got != c.want {
			t.Errorf("%s: %v, %v", c.summary, got, err)
		}
	}
	for _, c := range []struct {
		ticks        uint64
		slept, since time.Duration
		want         bool
	}{
		{6000, 0, 59 * time.Second, true},
		{6000, 0, time.Minute, false},
		{6000, 2 * time.Second, 59 * time.Second, false}, // the host may have slept before
	} {
		if got := bornAfter(c.ticks, c.slept, c.since); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// TestRequirementThatHasGone: a reboot for what the host requires is also satisfied if it no longer requires one.
func TestRequirementThatHasGone(t *testing.T) {
	h := newHost(t)
	since := resource.Instant{Boot: "b1", Mono: time.Minute}
	h.write("run/reboot-required", "")
	for _, want := range []bool{false, true} {
		got, err := h.run("r").Satisfied(t.Context(), resource.Encode(required()), "request", since)
		if err != nil || got != want {
			t.Errorf("%v, %v; want %v", got, err, want)
		}
		os.Remove(filepath.Join(h.root, "run/reboot-required"))
	}
}

// TestSurvivors shows how causes are treated that recur after a reboot that two sites have requested. Each site is
// judged by itself, until a run of it has completed.
func TestSurvivors(t *testing.T) {
	const again = "failed: no second reboot is made for the change of %s: it was made again after converge rebooted the host for it at 2026-"
	h := newHost(t)
	web := h.runOf("web", "r1")
	h.requests(web, "0s", "exec.a", "file.b")
	h.prepares(web)
	h.reboots(h.runOf("db", "r2"), resources.RebootWant{}, "exec.c")
	for _, c := range []struct {
		summary, site, run string
		causes             []string
		complete           bool   // the run completes after it
		want               string // the causes for which no second reboot is made
	}{
		{"a plan", "web", "", []string{"exec.a"}, false, "exec.a"},
		{"a cause of another site's", "db", "r3", []string{"exec.a"}, false, ""},
		{"the other site comes through first", "db", "r3", nil, true, ""},
		{"the first run of this one, which fails then", "web", "r4", []string{"exec.a", "exec.x"}, false, "exec.a"},
		{"another cause", "web", "r4", []string{"exec.x"}, false, ""},
		{"a later run in this boot", "web", "r5", []string{"file.b", "exec.a"}, false, "exec.a, file.b"},
		{"in another boot", "web", "r6", []string{"exec.a"}, false, "exec.a"},
		{"a plan does not come through", "web", "", nil, true, ""},
		{"it was none", "web", "r7", []string{"exec.a"}, false, "exec.a"},
		{"a run comes through without it", "web", "r8", nil, true, ""},
		{"what is changed later", "web", "r9", []string{"exec.a"}, false, ""},
		{"and by the other site", "db", "r10", []string{"exec.c"}, false, ""},
	} {
		if c.run == "r6" {
			h.boots()
		}
		p := h.runOf(c.site, c.run)
		got := h.requests(p, "0s", c.causes...)
		if c.want == "" && got != "" || c.want != "" && !strings.HasPrefix(got, fmt.Sprintf(again, c.want)) {
			t.Errorf("%s: %q", c.summary, got)
		}
		if c.complete {
			h.completes(p)
		}
	}
}

// TestRunOfAPartForgetsNoCause: a run of a part of a site does not show what the rest would do.
func TestRunOfAPartForgetsNoCause(t *testing.T) {
	h := newHost(t)
	h.reboots(h.run("r1"), resources.RebootWant{}, "exec.a")
	p := h.run("r2")
	p.Resume.Partial = true
	h.completes(p)
	if got := h.requests(h.run("r3"), "0s", "exec.a"); !strings.HasPrefix(got, "failed: no second reboot") {
		t.Error(got)
	}
}

// TestSurvivorsAreKeptOverTheRebootOfAnotherSite: a reboot that another site requests keeps the causes of a site's
// earlier one that have not been judged since.
func TestSurvivorsAreKeptOverTheRebootOfAnotherSite(t *testing.T) {
	h := newHost(t)
	h.reboots(h.runOf("web", "r1"), resources.RebootWant{}, "exec.a")
	h.reboots(h.runOf("db", "r2"), resources.RebootWant{}, "exec.c")
	h.wall = h.wall.Add(time.Hour)
	got := h.requests(h.runOf("web", "r3"), "0s", "exec.a")
	if !strings.HasPrefix(got, "failed: no second reboot is made for the change of exec.a") || !strings.Contains(got, time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC).Local().Format(time.DateTime)+"; a reboot by hand settles what is owed, and so does converge owed --drop ") {
		t.Errorf("it names the time of another reboot: %q", got)
	}
}

func TestRequirementThatSurvives(t *testing.T) {
	h := newHost(t)
	h.write("boot/vmlinuz-6.1.0-20-amd64", "")
	p := h.run("r1")
	if got := h.requires(p); got != "the kernel 6.1.0-20-amd64 is installed, and 6.1.0-18-amd64 runs" {
		t.Fatal(got)
	}
	h.reboots(p, required())
	const still = "error: the host still requires a reboot, although converge rebooted it for that at "
	for _, run := range []string{"", "r2", "r3", ""} {
		if got := h.requires(h.run(run)); !strings.HasPrefix(got, still) {
			t.Errorf("run %q: %q", run, got)
		}
	}
	h.write("boot/vmlinuz-6.1.0-21-amd64", "")
	if got := h.requires(h.run("r4")); got != "the kernel 6.1.0-21-amd64 is installed, and 6.1.0-18-amd64 runs" {
		t.Errorf("another reason: %q", got)
	}
}

// TestRequirementThatComesBackLater: the first run after a reboot finds no requirement, so a later one is new.
func TestRequirementThatComesBackLater(t *testing.T) {
	h := newHost(t)
	mark := filepath.Join(h.root, "run/reboot-required")
	h.write("run/reboot-required", "")
	p := h.run("r1")
	h.requires(p)
	h.reboots(p, required())
	os.Remove(mark)
	if got := h.requires(h.run("r2")); got != "" {
		t.Error(got)
	}
	h.write("run/reboot-required", "")
	if got := h.requires(h.run("r3")); got != "/run/reboot-required is there" {
		t.Error(got)
	}
}

// TestAtMostEvery shows when a second reboot may follow. A clock that was ahead at the first reboot delays it at most
// by at_most_every: the host has run since its boot.
func TestAtMostEvery(t *testing.T) {
	for _, c := range []struct {
		summary string
		wall    time.Duration // how far the clock has moved since the reboot
		up      time.Duration
		later   bool
	}{
		{"a minute later", time.Minute, time.Minute, true},
		{"an hour later", time.Hour, 59 * time.Minute, false},
		{"the clock was ahead, and the host is just booted", -24 * time.Hour, 10 * time.Minute, true},
		{"the clock was ahead, an hour after the boot", -24 * time.Hour, time.Hour + time.Second, false},
		{"the clock was a bit ahead", 30 * time.Minute, time.Hour + time.Second, false},
	} {
		h := newHost(t)
		h.reboots(h.run("r1"), resources.RebootWant{}, "exec.a")
		h.wall = h.wall.Add(c.wall - time.Minute) // the boot has taken a minute
		h.mono = c.up
		got := h.requests(h.run("r2"), "1h", "exec.b")
		if isLater := strings.HasPrefix(got, "later: converge rebooted the host at 2026-") && strings.HasSuffix(got, ", and at_most_every is 1h"); isLater != c.later || !isLater && got != "" {
			t.Errorf("%s: %q", c.summary, got)
		}
	}
}

// TestRebootThatDidNotCome: a reboot that did not happen, because the run was killed or a person cancelled it, does not
// count, even on a kernel that another container shares.
func TestRebootThatDidNotCome(t *testing.T) {
	h := newHost(t)
	p := h.run("r1")
	if got := h.requests(p, "1h", "exec.a"); got != "" {
		t.Fatal(got)
	}
	if err := p.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := h.requests(h.run("r2"), "1h", "exec.a"); got != "" {
		t.Errorf("in the same boot: %q", got)
	}
	h.born = 1e9
	if got := h.requests(h.run("r3"), "1h", "exec.a"); !strings.HasPrefix(got, "failed: ") {
		t.Errorf("a container was booted again on the same kernel: %q", got)
	}
}

// TestWhereNoRebootIsMade shows how a plan and a run report where no reboot is possible.
func TestWhereNoRebootIsMade(t *testing.T) {
	for _, c := range []struct {
		summary   string
		tweak     func(*Options)
		blocked   string
		satisfied bool
		notes     string
	}{
		{"nothing is in the way", nil, "", false, "5 min after the run, the run does not go on by itself after it: this is a test"},
		{"no init system", func(o *Options) { o.Booted = false }, "no init system runs this host, so nothing would boot it again", false, ""},
		{"not root", func(o *Options) { o.Root = false }, "only root may reboot the host", false, ""},
		{"--no-reboot", func(o *Options) { o.Never = "--no-reboot was given" }, "--no-reboot was given", false, ""},
		{"no /proc", func(o *Options) { o.proc += "/nowhere" }, "it could not be seen later whether the host has booted: /proc is not mounted", false, ""},
		{"a tree", func(o *Options) { o.Live = false }, "", true, "nothing runs in ROOT"},
	} {
		h := newHost(t)
		h.tweak = c.tweak
		h.write("run/reboot-required", "")
		p := h.run("r")
		want := resource.Encode(resources.RebootWant{Delay: resource.Some("5m")})
		r := p.Review(t.Context(), resource.Change{Want: want}, resource.Outlook{Ask: resource.AskAction, Verb: "request"})
		if got := strings.Join(r.Notes, ", "); errorText(r.Blocked) != c.blocked || r.Satisfied != c.satisfied || got != strings.ReplaceAll(c.notes, "ROOT", h.root) {
			t.Errorf("%s: %v, %v, %q", c.summary, r.Blocked, r.Satisfied, got)
		}
		if got := strings.TrimPrefix(h.requests(p, "0s"), "later: "); !c.satisfied && got != c.blocked {
			t.Errorf("%s: a run: %q", c.summary, got)
		}
		done, err := p.Satisfied(t.Context(), want, "request", p.Now())
		if err != nil || done != c.satisfied {
			t.Errorf("%s: %v, %v", c.summary, done, err)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestDamagedMemory(t *testing.T) {
	h := newHost(t)
	h.write("var/lib/converge/reboot", "{")
	got := h.requests(h.run("r"), "1h", "exec.a")
	if !strings.HasPrefix(got, "failed: cannot read when the host was rebooted last: ") || !strings.HasSuffix(got, "remove the file to go on without it") {
		t.Error(got)
	}
}
