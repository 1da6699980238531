package service

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/facts"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/internal/testhost"
	"converge/resources"
)

func onHost(t *testing.T) bool { return testhost.OnHost(t, testhost.Options{}) }

// sh runs a command of the host and returns its output without the final newline.
func sh(t testing.TB, argv ...string) string {
	t.Helper()
	out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(argv, " "), err, out)
	}
	return strings.TrimRight(string(out), "\n")
}

// is queries systemctl, whose status is not 0 if the answer is no.
func is(t testing.TB, question, unit string) string {
	t.Helper()
	out, _ := exec.Command("systemctl", "is-"+question, unit).Output()
	return strings.TrimSpace(string(out))
}

func show(t testing.TB, unit, property string) string {
	t.Helper()
	return sh(t, "systemctl", "show", "--value", "-p", property, unit)
}

// lay writes a unit file without a daemon-reload.
func lay(t testing.TB, name, content string) {
	t.Helper()
	path := filepath.Join("/etc/systemd/system", name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

const (
	installed = "[Install]\nWantedBy=multi-user.target\n"
	sleeper   = "[Service]\nExecStart=/bin/sleep infinity\n" + installed
	once      = "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n" + installed
	reloader  = "[Service]\nExecStart=/bin/sleep infinity\nExecReload=/bin/sh -c 'echo reloaded >>/run/reloads'\n" + installed
)

// attrs are attributes of a service: bools, strings, lists of strings.
type attrs map[string]any

func (a attrs) values() map[string]cty.Value {
	out := map[string]cty.Value{}
	for k, v := range a {
		switch v := v.(type) {
		case string:
			out[k] = cty.StringVal(v)
		case bool:
			out[k] = cty.BoolVal(v)
		case []string:
			var l []cty.Value
			for _, s := range v {
				l = append(l, cty.StringVal(s))
			}
			out[k] = cty.ListVal(l)
		}
	}
	return out
}

func service(t testing.TB, p resource.Provider, a attrs) *resource.Resource {
	t.Helper()
	r, err := resourcetest.Build(resources.Service(p), &resourcetest.World{Provider: p}, a["name"].(string), a.values())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// converge applies the service and checks that it converged; it returns the names of the changed attributes.
func converge(t testing.TB, p resource.Provider, a attrs) string {
	t.Helper()
	p.(*Provider).Invalidate([]resource.Change{})
	return resourcetest.Names(resourcetest.Converge(t, service(t, p, a)))
}

// fails expects an error of Observe or Apply that contains all of the words.
func fails(t testing.TB, p *Provider, a attrs, words ...string) {
	t.Helper()
	p.Invalidate([]resource.Change{})
	r := service(t, p, a)
	have, err := p.Observe(context.Background(), r.Want)
	if err == nil {
		err = p.Apply(context.Background(), resource.Diff(r, have))
	}
	if err == nil {
		t.Errorf("%v: no error, want one with %q", a, words)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%v: the error lacks %q:\n%v", a, w, err)
		}
	}
}

func act(t testing.TB, p *Provider, verb string, a attrs) {
	t.Helper()
	if err := p.Act(context.Background(), service(t, p, a).Want, verb); err != nil {
		t.Errorf("%s of %v: %v", verb, a, err)
	}
}

func equal(t testing.TB, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

// reloads counts systemd's daemon-reloads.
func reloads(t testing.TB) int {
	t.Helper()
	sh(t, "journalctl", "--sync")
	return strings.Count(sh(t, "journalctl", "_PID=1", "--output=cat", "--no-pager"), "Reloading.\n")
}

func TestConformance(t *testing.T) {
	if !onHost(t) {
		return
	}
	dump := func(t testing.TB) string {
		return sh(t, "sh", "-c", "ls -l --time-style=+ /etc/systemd/system /etc/systemd/system/*.wants | grep conf-; systemctl show -p Id -p ActiveState -p InvocationID conf-a")
	}
	world := func(t testing.TB) *resourcetest.World {
		if _, err := os.Stat("/etc/systemd/system/conf-a.service"); err != nil {
			lay(t, "conf-a.service", once)
		}
		sh(t, "systemctl", "disable", "--now", "--quiet", "conf-a")
		p := New(Options{})
		t.Cleanup(p.Close)
		return &resourcetest.World{Provider: p, Fingerprint: dump}
	}
	drift := func(name, attr string, argv ...string) resourcetest.Drift {
		return resourcetest.Drift{Name: name, Attr: attr, Do: func(t testing.TB, w *resourcetest.World) {
			sh(t, argv...)
			w.Provider.(*Provider).Invalidate([]resource.Change{}) // like the engine after changes of other providers
		}}
	}
	const torn = "systemd goes on with a job that was begun, and enabling is apart from starting"
	const standing = "a unit that is stopped is still a unit"
	resourcetest.Suite{
		Kind: resources.Service, World: world,
		Without: map[resourcetest.Part]string{
			resourcetest.Removal: "a unit cannot be absent",
			resourcetest.Kept:    "a unit has nothing besides what the case manages",
			resourcetest.Aliases: "the script templates-linked-units-and-aliases has it",
			resourcetest.Bytes:   "a unit is named by letters and escapes",
			resourcetest.Whole:   "no two hosts with systemd are the same",
		},
		Cases: []resourcetest.Case{
			{
				Name: "plain", Want: attrs{"name": "conf-a", "enabled": true, "running": true}.values(), Torn: torn, Standing: standing, Stride: 29,
				Check: func(t testing.TB, _ *resourcetest.World) {
					equal(t, "state", is(t, "active", "conf-a")+" "+is(t, "enabled", "conf-a"), "active enabled")
				},
				Drifts: []resourcetest.Drift{
					drift("stopped", "running", "systemctl", "stop", "conf-a"),
					drift("disabled", "enabled", "systemctl", "disable", "conf-a"),
				},
			},
		},
	}.Run(t)
}

func TestStates(t *testing.T) {
	if !onHost(t) {
		return
	}
	p := New(Options{})
	lay(t, "a.service", sleeper)
	n := reloads(t)
	equal(t, "first", converge(t, p, attrs{"name": "a", "enabled": true, "running": true}), "enabled, running")
	equal(t, "state", is(t, "active", "a")+" "+is(t, "enabled", "a"), "active enabled")
	if got := reloads(t) - n; got != 1 {
		t.Errorf("a unit file, an enabling and a start cost %d daemon-reloads, want 1", got)
	}
	id := show(t, "a", "InvocationID")
	equal(t, "again", converge(t, p, attrs{"name": "a", "enabled": true, "running": true}), "")
	equal(t, "invocation", show(t, "a", "InvocationID"), id)
	equal(t, "off", converge(t, p, attrs{"name": "a", "enabled": false, "running": false}), "enabled, running")
	equal(t, "state", is(t, "active", "a")+" "+is(t, "enabled", "a"), "inactive disabled")
}

// TestMask: masking works if the unit's file comes from a package, and survives enabling.
func TestMask(t *testing.T) {
	if !onHost(t) {
		return
	}
	p := New(Options{})
	const vendor = "/usr/lib/systemd/system/m.service"
	if err := os.WriteFile(vendor, []byte(sleeper), 0o644); err != nil {
		t.Fatal(err)
	}
	sh(t, "systemctl", "enable", "--now", "m")
	equal(t, "mask and stop", converge(t, p, attrs{"name": "m", "masked": true, "running": false}), "running, masked")
	equal(t, "state", is(t, "active", "m")+" "+is(t, "enabled", "m"), "inactive masked")
	fails(t, p, attrs{"name": "m", "running": true}, "unit m.service is masked", "masked = false")
	// Unmasked, it is enabled at once, by the link that it has kept.
	equal(t, "unmask, disable", converge(t, p, attrs{"name": "m", "masked": false, "enabled": false}), "masked")
	equal(t, "state", is(t, "enabled", "m"), "disabled")
	sh(t, "systemctl", "mask", "--runtime", "m")
	equal(t, "masked until the boot is not masked", converge(t, p, attrs{"name": "m", "masked": true}), "masked")
	equal(t, "state", is(t, "enabled", "m"), "masked")
	equal(t, "both masks go", converge(t, p, attrs{"name": "m", "masked": false, "running": true}), "running, masked")
	// A unit can be masked before a package installs it.
	equal(t, "mask nothing", converge(t, p, attrs{"name": "later", "masked": true}), "masked")
	equal(t, "state", is(t, "enabled", "later"), "masked")
	// A file of the administrator would be lost.
	lay(t, "own.service", sleeper)
	fails(t, p, attrs{"name": "own", "masked": true}, "cannot mask unit own.service", "exists")
}

func TestNames(t *testing.T) {
	if !onHost(t) {
		return
	}
	p := New(Options{})
	lay(t, "tpl@.service", strings.Replace(sleeper, "infinity", "inf%i", 1)+"DefaultInstance=inity\n")
	lay(t, `esc-a\x20b.service`, sleeper)
	lay(t, "tick.timer", "[Timer]\nOnCalendar=yearly\nUnit=tick.service\n[Install]\nWantedBy=timers.target\n")
	lay(t, "tick.service", "[Service]\nType=oneshot\nExecStart=/bin/true\n")
	lay(t, "first.service", sleeper+"Alias=second.service\n")
	equal(t, "template", converge(t, p, attrs{"name": "tpl@", "enabled": true}), "enabled")
	equal(t, "template's state", is(t, "enabled", "tpl@inity.service"), "enabled")
	equal(t, "instance", converge(t, p, attrs{"name": "tpl@inity", "enabled": true, "running": true}), "running")
	equal(t, "escapes", converge(t, p, attrs{"name": `esc-a\x20b`, "enabled": true, "running": true}), "enabled, running")
	equal(t, "escaped", is(t, "active", `esc-a\x20b.service`), "active")
	equal(t, "timer", converge(t, p, attrs{"name": "tick.timer", "enabled": true, "running": true}), "enabled, running")
	equal(t, "with alias", converge(t, p, attrs{"name": "first", "enabled": true}), "enabled")
	equal(t, "by alias", converge(t, p, attrs{"name": "second", "enabled": true, "running": true}), "running")
	equal(t, "real one", is(t, "active", "first"), "active")
	equal(t, "loaded alias", converge(t, p, attrs{"name": "second", "running": true}), "")
	equal(t, "alias off", converge(t, p, attrs{"name": "second", "enabled": false, "running": false}), "enabled, running")
	equal(t, "real one", is(t, "active", "first")+" "+is(t, "enabled", "first"), "inactive disabled")
	equal(t, "target", converge(t, p, attrs{"name": "multi-user.target", "running": true}), "")
	equal(t, "mount", converge(t, p, attrs{"name": "-.mount", "running": true}), "")
}

func TestMissing(t *testing.T) {
	if !onHost(t) {
		return
	}
	p := New(Options{})
	fails(t, p, attrs{"name": "nope", "running": true}, "there is no unit nope.service")
	fails(t, p, attrs{"name": "nope@x", "enabled": true}, "there is no unit nope@x.service")
	equal(t, "off is right", converge(t, p, attrs{"name": "nope", "enabled": false, "running": false}), "")
	lay(t, "static.service", "[Service]\nExecStart=/bin/sleep infinity\n")
	fails(t, p, attrs{"name": "static", "enabled": true}, "is static", "[Install]")
	equal(t, "static, disabled", converge(t, p, attrs{"name": "static", "enabled": false, "running": true}), "running")
	// The file is written but not loaded: the unit exists.
	lay(t, "late.service", sleeper)
	p.Invalidate([]resource.Change{})
	if ch := resourcetest.Plan(t, service(t, p, attrs{"name": "late", "running": true})); resourcetest.Names(ch) != "running" {
		t.Errorf("the plan changes %q", resourcetest.Names(ch))
	}
	lay(t, "also.service", "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nAlso=late.service\n")
	equal(t, "indirect", converge(t, p, attrs{"name": "also", "enabled": true}), "enabled")
	equal(t, "what it enables", is(t, "enabled", "late"), "enabled")
	equal(t, "indirect, off", converge(t, p, attrs{"name": "also", "enabled": false}), "enabled")
	equal(t, "what it enables", is(t, "enabled", "late"), "disabled")
	sh(t, "systemctl", "enable", "--runtime", "late")
	equal(t, "until the boot is not enabled", converge(t, p, attrs{"name": "late", "enabled": true}), "enabled")
	sh(t, "systemctl", "disable", "late")
	sh(t, "systemctl", "enable", "--runtime", "late")
	equal(t, "nor disabled", converge(t, p, attrs{"name": "late", "enabled": false}), "enabled")
	equal(t, "state", is(t, "enabled", "late"), "disabled")
}

func TestFailing(t *testing.T) {
	if !onHost(t) {
		return
	}
	p := New(Options{})
	lay(t, "dies.service", "[Service]\nExecStart=/bin/sh -c 'echo last words >&2; exit 3'\n")
	fails(t, p, attrs{"name": "dies", "running": true}, "cannot start unit dies.service: its process ended with status 3", "last words")
	lay(t, "dieslater.service", "[Service]\nExecStart=/bin/sh -c 'sleep 0.1; exit 4'\n")
	fails(t, p, attrs{"name": "dieslater", "running": true}, "status 4")
	lay(t, "flaps.service", "[Service]\nRestart=always\nRestartSec=1h\nExecStart=/bin/false\n")
	fails(t, p, attrs{"name": "flaps", "running": true}, "cannot start unit flaps.service: its process ended with status 1")
	p.Invalidate([]resource.Change{})
	if ch := resourcetest.Plan(t, service(t, p, attrs{"name": "flaps", "running": true})); ch.Empty() {
		t.Error("a unit that is started again and again counts as running")
	}
	equal(t, "flapping is not stopped either", converge(t, p, attrs{"name": "flaps", "running": false}), "running")
	lay(t, "done.service", "[Service]\nType=oneshot\nExecStart=/bin/true\n")
	fails(t, p, attrs{"name": "done", "running": true}, "oneshot without RemainAfterExit=yes")
	lay(t, "cond.service", "[Unit]\nConditionPathExists=/nope\n"+sleeper)
	fails(t, p, attrs{"name": "cond", "running": true}, "a Condition… of it does not hold", "unmet condition check")
	lay(t, "needs.service", "[Unit]\nRequires=dies.service\nAfter=dies.service\n"+sleeper)
	lay(t, "dies.service", "[Service]\nType=oneshot\nExecStart=/bin/false\n")
	fails(t, p, attrs{"name": "needs", "running": true}, "a unit that it depends on failed")
	lay(t, "broken.service", "[Service]\nType=nonsense\n")
	fails(t, p, attrs{"name": "broken", "running": true}, "cannot start unit broken.service")
	lay(t, "slow.service", "[Service]\nType=oneshot\nExecStart=/bin/sleep 600\n")
	begin := time.Now()
	fails(t, p, attrs{"name": "slow", "running": true, "timeout": "300ms"}, "its job has not ended after 300ms")
	if d := time.Since(begin); d > time.Minute {
		t.Errorf("gave up after %v", d)
	}
	// A unit that fails does not stop the others of its batch.
	lay(t, "good.service", sleeper)
	rs := []*resource.Resource{service(t, p, attrs{"name": "dies", "running": true}), service(t, p, attrs{"name": "good", "running": true})}
	p.Invalidate([]resource.Change{})
	errs := p.ApplyAll(t.Context(), []resource.Change{resourcetest.Plan(t, rs[0]), resourcetest.Plan(t, rs[1])}, resource.Forecast{}).Errs
	if len(errs) != 2 || errs[0] == nil || errs[1] != nil {
		t.Errorf("errors %v", errs)
	}
	equal(t, "the good one", is(t, "active", "good"), "active")
	// A unit that has failed too often is still started once its cause is mended.
	lay(t, "limit.service", "[Unit]\nStartLimitIntervalSec=1h\nStartLimitBurst=1\n[Service]\nExecStart=/bin/sh -c 'test -e /run/mended && exec sleep infinity'\n")
	fails(t, p, attrs{"name": "limit", "running": true}, "status 1")
	fails(t, p, attrs{"name": "limit", "running": true}, "status 1")
	sh(t, "touch", "/run/mended")
	equal(t, "mended", converge(t, p, attrs{"name": "limit", "running": true}), "running")
}

func TestActions(t *testing.T) {
	if !onHost(t) {
		return
	}
	p := New(Options{})
	lay(t, "r.service", reloader)
	lay(t, "plain.service", sleeper)
	a := attrs{"name": "r", "running": true}
	act(t, p, "reload", attrs{"name": "r"})
	equal(t, "a reload starts nothing", is(t, "active", "r"), "inactive")
	act(t, p, "restart", attrs{"name": "r", "running": false})
	equal(t, "nor a restart of what is not to run", is(t, "active", "r"), "inactive")
	act(t, p, "restart", attrs{"name": "r"})
	equal(t, "but one of what is not managed", is(t, "active", "r"), "active")
	id := show(t, "r", "InvocationID")
	act(t, p, "reload", a)
	equal(t, "reloaded in place", show(t, "r", "InvocationID")+sh(t, "cat", "/run/reloads"), id+"reloaded")
	act(t, p, "restart", a)
	if show(t, "r", "InvocationID") == id {
		t.Error("restart did not restart")
	}
	converge(t, p, attrs{"name": "plain", "running": true})
	id = show(t, "plain", "InvocationID")
	act(t, p, "reload", attrs{"name": "plain"})
	if show(t, "plain", "InvocationID") == id {
		t.Error("what cannot reload is restarted")
	}
	id = show(t, "plain", "InvocationID")
	act(t, p, "restart", attrs{"name": "plain", "restart_command": []string{"/bin/sh", "-c", "echo by hand >/run/byhand"}})
	equal(t, "restarted by command", show(t, "plain", "InvocationID")+sh(t, "cat", "/run/byhand"), id+"by hand")
	err := p.Act(t.Context(), service(t, p, attrs{"name": "plain", "reload_command": []string{"/bin/sh", "-c", "echo why; exit 7"}}).Want, "reload")
	if err == nil || !strings.Contains(err.Error(), "exit status 7") || !strings.Contains(err.Error(), "why") {
		t.Errorf("error %v", err)
	}
	if err := p.Act(t.Context(), service(t, p, attrs{"name": "plain", "timeout": "200ms", "reload_command": []string{"sleep", "600"}}).Want, "reload"); err == nil || !strings.Contains(err.Error(), "it took longer than 200ms and was ended") {
		t.Errorf("error %v", err)
	}
	act(t, p, "stop", attrs{"name": "plain"})
	equal(t, "stopped", is(t, "active", "plain"), "inactive")
	act(t, p, "start", attrs{"name": "plain"})
	equal(t, "started", is(t, "active", "plain"), "active")

	// A changed unit file, or drop-in, costs one daemon-reload and takes effect.
	n := reloads(t)
	lay(t, "r.service.d/x.conf", "[Service]\nEnvironment=X=1\n")
	act(t, p, "restart", a)
	act(t, p, "restart", a)
	if got := reloads(t) - n; got != 1 {
		t.Errorf("%d daemon-reloads, want 1", got)
	}
	equal(t, "the drop-in is in force", show(t, "r", "Environment"), "X=1")
}

// now is the present moment of the host's own clock.
func now(t testing.TB) resource.Instant {
	t.Helper()
	id, mono, err := facts.Boot()
	if err != nil {
		t.Fatal(err)
	}
	return resource.Instant{Boot: id, Mono: mono, Wall: time.Now()}
}

func paid(t testing.TB, p *Provider, verb string, a attrs, since resource.Instant) bool {
	t.Helper()
	ok, err := p.Satisfied(context.Background(), service(t, p, a).Want, verb, since)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func TestPaid(t *testing.T) {
	if !onHost(t) {
		return
	}
	p := New(Options{})
	a := attrs{"name": "d", "running": true, "enabled": true}
	lay(t, "d.service", sleeper)
	converge(t, p, a)
	since := now(t)
	if paid(t, p, "restart", a, since) {
		t.Error("it was started before the change")
	}
	sh(t, "systemctl", "restart", "d")
	if !paid(t, p, "restart", a, since) || !paid(t, p, "reload", a, since) {
		t.Error("a restart by someone else pays")
	}
	since = now(t)
	sh(t, "systemctl", "disable", "d")
	converge(t, p, a)
	if paid(t, p, "restart", a, since) {
		t.Error("what was merely enabled still owes")
	}
	// The unit file changes, and a restart does not read it.
	since = now(t)
	lay(t, "d.service", sleeper+"# changed\n")
	sh(t, "systemctl", "kill", "--signal=KILL", "d")
	sh(t, "systemctl", "restart", "d")
	if paid(t, p, "restart", a, since) {
		t.Error("it was restarted by the old unit file: that pays nothing")
	}
	if !paid(t, p, "restart", a, resource.Instant{Boot: "00000000-0000-0000-0000-000000000000", Mono: 1}) {
		t.Error("a reboot pays")
	}
	if !paid(t, p, "restart", attrs{"name": "gone"}, since) {
		t.Error("what is gone owes nothing")
	}
}

func planOf(t testing.TB, p *Provider, a attrs) resource.Change {
	t.Helper()
	return resourcetest.Plan(t, service(t, p, a))
}
