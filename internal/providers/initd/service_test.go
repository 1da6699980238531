package initd

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/facts"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// patience is how long something may take that is waited for.
const patience = 30 * time.Second

func TestConformance(t *testing.T) {
	for _, system := range []System{SysV, OpenRC} {
		t.Run(string(system), func(t *testing.T) {
			t.Parallel()
			world := func(t testing.TB) *resourcetest.World {
				f := newFolder(t, system, map[string]string{"etc/init.d/web": daemon})
				dump := func(t testing.TB) string {
					return f.links(t) + "\n" + strings.Join(f.levelsOf("web"), " ")
				}
				return &resourcetest.World{Provider: f.Provider, Root: f.root, Fingerprint: dump}
			}
			a := resourcetest.Attrs
			act := func(verb string) func(testing.TB, *resourcetest.World) {
				return func(t testing.TB, w *resourcetest.World) {
					p := w.Provider.(*Provider)
					_, s, err := p.prepare(cty.ObjectVal(a("name", "web.service")))
					if err == nil {
						err = p.looker.runner.perform(t.Context(), s, verb, patience)
					}
					if err != nil {
						t.Fatal(err)
					}
				}
			}
			resourcetest.Suite{
				Kind: resources.Service, World: world,
				Without: map[resourcetest.Part]string{
					resourcetest.Removal: "a script that is stopped is still a service",
					resourcetest.Kept:    "a service has nothing besides what the case manages",
					resourcetest.Aliases: "a script has one name",
					resourcetest.Bytes:   "a service is named by letters and escapes",
					resourcetest.Whole:   "a daemon's pid differs from machine to machine",
				},
				Cases: []resourcetest.Case{{
					Name: "plain", Want: a("name", "web", "enabled", true, "running", true),
					Standing: "a script that is stopped is still a service",
					Stride:   17,
					Torn:     "a script comes to its end, and enabling is apart from starting",
					Drifts: []resourcetest.Drift{
						{Name: "stopped", Attr: "running", Do: act("stop")},
						{Name: "disabled", Attr: "enabled", Do: func(t testing.TB, w *resourcetest.World) {
							p := w.Provider.(*Provider)
							s, err := readScript(p.fs, "web")
							if err == nil {
								err = p.levels.disable(t.Context(), s)
							}
							if err != nil {
								t.Fatal(err)
							}
						}},
					},
				}, {
					Name: "masked", Alone: true, Want: a("name", "web", "masked", true),
					Standing: "a script that is stopped is still a service",
					Drifts: []resourcetest.Drift{{Name: "executable", Attr: "masked", Do: func(t testing.TB, w *resourcetest.World) {
						if err := os.Chmod(filepath.Join(w.Root, "etc/init.d/web"), 0o755); err != nil {
							t.Fatal(err)
						}
					}}},
				}},
			}.Run(t)
		})
	}
}

// levelsOf returns the mode of a script and the pid of its service.
func (f *folder) levelsOf(name string) []string {
	info, err := os.Stat(filepath.Join(f.root, "etc/init.d", name))
	if err != nil {
		return nil
	}
	return []string{info.Mode().String(), f.read("run/" + name + ".pid")}
}

func TestVerbs(t *testing.T) {
	f := newFolder(t, SysV, map[string]string{"etc/init.d/web": daemon})
	verbs := func() string {
		out := strings.ReplaceAll(strings.TrimSpace(f.read("run/web.verbs")), "\n", " ")
		os.Remove(f.root + "/run/web.verbs")
		return strings.TrimSpace(strings.ReplaceAll(out, "status", ""))
	}
	f.act(t, "reload", "name", "web")
	f.act(t, "stop", "name", "web")
	f.act(t, "restart", "name", "web", "running", false)
	equal(t, "on what does not run", verbs(), "")
	f.act(t, "restart", "name", "web")
	equal(t, "restart of what does not run", verbs(), "start")
	f.act(t, "start", "name", "web")
	equal(t, "start of what runs", verbs(), "")
	f.act(t, "reload", "name", "web")
	equal(t, "reload", verbs(), "reload")
	f.act(t, "restart", "name", "web")
	equal(t, "restart", verbs(), "restart")
	f.act(t, "restart", "name", "web", "restart_command", []string{f.root + "/etc/init.d/web", "restart"})
	equal(t, "restart by command", verbs(), "restart")
	f.kill(t, "web")
	f.act(t, "restart", "name", "web")
	equal(t, "restart of what was killed", verbs(), "start")
	f.write(t, "etc/init.d/web", strings.NewReplacer("reload)", "nothing)", "restart)", "none)").Replace(daemon))
	f.act(t, "reload", "name", "web")
	equal(t, "reload of what can neither reload nor restart", verbs(), "reload restart stop start")
	if err := f.Await(t.Context()); err != nil {
		t.Error(err)
	}
}

// What a script says that cannot be what was asked for is an error, in the plan where it
// can be known there.
func TestRefusals(t *testing.T) {
	const header = "#!/bin/sh\n### BEGIN INIT INFO\n# Default-Start: 3\n### END INIT INFO\n"
	for _, c := range []struct {
		summary string
		script  string
		attrs   []any
		words   []string
	}{
		{"no script", "", []any{"running", true}, []string{"there is no service web: its script /etc/init.d/web does not exist"}},
		{"no script to mask", "", []any{"masked", true}, []string{"does not exist"}},
		{"no status", "#!/bin/sh\necho 'Usage: web {start|stop}' >&2; exit 3\n", []any{"running", true}, []string{"cannot tell whether service web runs: its script has no status; it answered: Usage: web {start|stop}"}},
		{"a status that is none", "#!/bin/sh\nexit 4\n", []any{"running", false}, []string{"cannot tell whether service web runs: its script's status ended with exit status 4"}},
		{"a start that fails", "#!/bin/sh\n[ $1 = status ] && exit 3\necho no config; exit 6\n", []any{"running", true}, []string{"cannot start service web: /etc/init.d/web start: exit status 6\n  no config"}},
		{"a start that starts nothing", "#!/bin/sh\n[ $1 = status ] && exit 3\nexit 0\n", []any{"running", true}, []string{"reported success, and it does not run", "/etc/default/web"}},
		{"a stop that stops nothing", "#!/bin/sh\nexit 0\n", []any{"running", false}, []string{"cannot stop service web: its script reported success, and it still runs"}},
		{"a start that hangs", "#!/bin/sh\n[ $1 = status ] && exit 3\nsleep 600\n", []any{"running", true, "timeout", "100ms"}, []string{"it took longer than 100ms and was ended (attribute timeout allows more)"}},
		{"no header", "#!/bin/sh\n", []any{"enabled", true}, []string{"service web cannot be enabled: its script /etc/init.d/web has no LSB header"}},
		{"another runlevel", header, []any{"enabled", true}, []string{`names the runlevels "3" (Default-Start), and this machine boots into 2`}},
	} {
		t.Run(c.summary, func(t *testing.T) {
			f := newFolder(t, SysV, nil)
			if c.script != "" {
				f.write(t, "etc/init.d/web", c.script)
			}
			contains(t, "the error", f.try(t, append([]any{"name", "web"}, c.attrs...)...), c.words...)
		})
	}
}

func TestNames(t *testing.T) {
	f := newFolder(t, OpenRC, map[string]string{"etc/init.d/net.eth0": daemon})
	equal(t, "a suffix", f.converge(t, "name", "net.eth0.service", "enabled", true), "enabled")
	for name, words := range map[string]string{
		"backup.timer": "OpenRC, which has no units of the type timer",
		"getty@tty1":   "OpenRC, which has no templates",
		"getty@":       "OpenRC, which has no templates",
	} {
		contains(t, name, f.try(t, "name", name, "enabled", true), words)
	}
}

func TestMask(t *testing.T) {
	f := newFolder(t, SysV, map[string]string{"etc/init.d/web": daemon})
	equal(t, "first", f.converge(t, "name", "web", "running", true), "running")
	equal(t, "masked while it runs", f.converge(t, "name", "web", "masked", true), "masked")
	contains(t, "a start", f.try(t, "name", "web", "running", true), "service web is masked", "masked = false lifts that")
	equal(t, "a masked service is stopped", f.converge(t, "name", "web", "masked", true, "running", false), "running")
	f.act(t, "restart", "name", "web")
	equal(t, "unmasked and started", f.converge(t, "name", "web", "masked", false, "running", true), "running, masked")
	equal(t, "masked and stopped", f.converge(t, "name", "web", "masked", true, "running", false), "running, masked")
	if err := os.Symlink("web", f.root+"/etc/init.d/web2"); err != nil {
		t.Fatal(err)
	}
	equal(t, "unmasked", f.converge(t, "name", "web", "masked", false), "masked")
	contains(t, "a link", f.try(t, "name", "web2", "masked", true), "its script is a link to /etc/init.d/web")
}

func TestSatisfied(t *testing.T) {
	f := newFolder(t, SysV, map[string]string{"etc/init.d/web": daemon})
	boot, mono, err := facts.Boot()
	if err != nil {
		t.Fatal(err)
	}
	before := resource.Instant{Boot: boot, Mono: mono, Wall: time.Now()}
	is := func(summary, verb string, since resource.Instant, want bool, attrs ...any) {
		t.Helper()
		got, err := f.Satisfied(t.Context(), f.service(t, append([]any{"name", "web"}, attrs...)...).Want, verb, since)
		if err != nil || got != want {
			t.Errorf("%s: got %v, %v", summary, got, err)
		}
	}
	is("reload of what does not run", "reload", before, true)
	is("restart of what does not run", "restart", before, false)
	is("restart of what is not to run", "restart", before, true, "running", false)
	is("stop of what does not run", "stop", before, true)
	f.converge(t, "name", "web", "running", true)
	is("started since", "restart", before, true)
	is("start of what runs", "start", before, true)
	is("since another boot", "restart", resource.Instant{Boot: "other", Mono: mono}, true)
	is("a moment that is not known", "restart", resource.Instant{Boot: boot}, false)
	_, mono, _ = facts.Boot()
	after := resource.Instant{Boot: boot, Mono: mono, Wall: time.Now()}
	is("started before", "restart", after, false)
	is("stop of what runs", "stop", before, false)
	f.kill(t, "web")
	is("killed since", "restart", before, false)
}

func TestAwait(t *testing.T) {
	f := newFolder(t, SysV, map[string]string{"etc/init.d/web": strings.ReplaceAll(daemon, "sleep 600", "sleep 0.2")})
	f.act(t, "start", "name", "web")
	var verdicts resource.Verdicts
	if err := f.Await(t.Context()); !errors.As(err, &verdicts) || !errors.Is(verdicts["service:web.service"], resource.ErrShortLived) {
		t.Errorf("got %v", err)
	}
	if err := f.Await(t.Context()); err != nil {
		t.Errorf("again: %v", err)
	}
}

func TestRetiring(t *testing.T) {
	for _, c := range []struct {
		summary string
		e       resource.Ending
		want    string
	}{
		{"its script goes", resource.Ending{Keys: []string{"unit:web.service"}, Without: []string{"/etc/init.d/web"}}, "stop disable"},
		{"its package goes", resource.Ending{Keys: []string{"unit:web.service"}}, "stop disable"},
		{"its package is removed and not purged", resource.Ending{Keys: []string{"unit:web.service"}, Stays: true}, "stop"},
		{"a unit file of systemd goes", resource.Ending{Keys: []string{"unit:web.service"}, Without: []string{"/usr/lib/systemd/system/web.service"}}, ""},
		{"a timer goes", resource.Ending{Keys: []string{"unit:web.timer"}}, ""},
		{"it has no script", resource.Ending{Keys: []string{"unit:other.service"}}, ""},
		{"no service", resource.Ending{Keys: []string{"path:/etc/x"}}, ""},
	} {
		t.Run(c.summary, func(t *testing.T) {
			f := newFolder(t, SysV, map[string]string{"etc/init.d/web": daemon})
			got, err := f.Retiring(t.Context(), c.e)
			if err != nil {
				t.Fatal(err)
			}
			var words []string
			for _, w := range got {
				if resource.HasAttr(w, "running") {
					words = append(words, "stop")
				}
				if resource.HasAttr(w, "enabled") {
					words = append(words, "disable")
				}
			}
			equal(t, "retired", strings.Join(words, " "), c.want)
		})
	}
}

// A service whose script cannot say whether it runs is stopped before its script goes.
func TestRetiringWithoutStatus(t *testing.T) {
	f := newFolder(t, SysV, map[string]string{"etc/init.d/web": strings.ReplaceAll(daemon, "status)", "nothing)")})
	f.plantLinks(t, "rc0.d/K01web", "rc2.d/S01web")
	f.act(t, "start", "name", "web")
	contains(t, "before", f.try(t, "name", "web", "running", false), "cannot tell")
	if _, err := f.Retiring(t.Context(), resource.Ending{Keys: []string{"unit:web.service"}}); err != nil {
		t.Fatal(err)
	}
	equal(t, "retired", f.converge(t, "name", "web", "enabled", false, "running", false), "enabled, running")
	equal(t, "links", f.linkNames(t), "")
	equal(t, "its pid file", f.read("run/web.pid"), "")
}

// TestInactiveServiceHasStarted: OpenRC's exit status for a service that has started and waits for something is that of
// a failure. It counts as running, in the run that starts it and in the next.
func TestInactiveServiceHasStarted(t *testing.T) {
	const waiting = `#!ROOT/openrc-run
case $1 in
start) touch ROOT/run/up; echo " * WARNING: net has started, but is inactive"; exit 1 ;;
status) [ -e ROOT/run/up ] && { echo " * status: inactive"; exit 16; }; exit 3 ;;
esac
`
	f := newFolder(t, OpenRC, map[string]string{"openrc-run": "#!/bin/sh\nexec /bin/sh \"$@\"\n", "etc/init.d/net": waiting + "status() { :; }\n"})
	equal(t, "started", f.converge(t, "name", "net", "running", true), "running")
	equal(t, "again", f.converge(t, "name", "net", "running", true), "")
}
