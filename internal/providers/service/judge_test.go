package service

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/google/go-cmp/cmp"

	"converge/internal/resource"
)

func propsOf(kv ...any) props {
	p := props{"ActiveState": dbus.MakeVariant("inactive"), "LoadState": dbus.MakeVariant("loaded"), "Result": dbus.MakeVariant("success")}
	for i := 0; i < len(kv); i += 2 {
		p[kv[i].(string)] = dbus.MakeVariant(kv[i+1])
	}
	return p
}

// TestRanToItsEnd: a unit that ended successfully is done, unless it must run.
func TestRanToItsEnd(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		running *bool
		p       props
		want    bool
	}{
		"ended well":                    {nil, propsOf(), true},
		"ended well, and is to be down": {ptr(false), propsOf(), true},
		"ended well, and is to run":     {ptr(true), propsOf(), false},
		"failed":                        {nil, propsOf("ActiveState", "failed", "Result", "exit-code"), false},
		"runs":                          {nil, propsOf("ActiveState", "active"), false},
		"is not there":                  {nil, propsOf("LoadState", "not-found"), false},
		"was not started: a condition":  {nil, propsOf("ConditionTimestampMonotonic", uint64(5), "ConditionResult", false), false},
		"its condition held":            {nil, propsOf("ConditionTimestampMonotonic", uint64(5), "ConditionResult", true), true},
		"was not started: an assertion": {nil, propsOf("AssertTimestampMonotonic", uint64(5), "AssertResult", false), false},
		"of a type that has no result":  {nil, propsOf("Result", ""), false},
	} {
		if got := (wanted{running: tt.running}).ranToItsEnd(tt.p); got != tt.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

// TestWasSkipped: a start that systemd has skipped is done, unless the unit must run or has failed.
func TestWasSkipped(t *testing.T) {
	t.Parallel()
	skipped := []any{"ConditionTimestampMonotonic", uint64(5), "ConditionResult", false}
	for name, tt := range map[string]struct {
		running *bool
		p       props
		want    bool
	}{
		"a condition does not hold":                {nil, propsOf(skipped...), true},
		"the same, and it is to be down":           {ptr(false), propsOf(skipped...), true},
		"the same, and it is to run":               {ptr(true), propsOf(skipped...), false},
		"the same, after a run that failed":        {nil, propsOf(append(skipped, "Result", "exit-code")...), true},
		"the same, and it still runs":              {nil, propsOf(append(skipped, "ActiveState", "active")...), false},
		"the same, and it has no file any more":    {nil, propsOf(append(skipped, "LoadState", "not-found")...), false},
		"an assertion does not hold":               {nil, propsOf("AssertTimestampMonotonic", uint64(5), "AssertResult", false), false},
		"its condition holds":                      {nil, propsOf("ConditionTimestampMonotonic", uint64(5), "ConditionResult", true), false},
		"no condition was asked, as it was loaded": {nil, propsOf("ConditionResult", false), false},
	} {
		if got := (wanted{running: tt.running}).wasSkipped(tt.p); got != tt.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

// TestOvertakenByARunToTheEnd: a oneshot that has run since a change owes no action for it.
func TestOvertakenByARunToTheEnd(t *testing.T) {
	t.Parallel()
	owed := resource.Instant{Boot: "b", Mono: 100 * time.Second}
	ran := life{exists: true, active: "inactive", boot: "b", since: 101 * time.Second, fresh: true, ran: true}
	for name, tt := range map[string]struct {
		change func(*life)
		verb   string
		want   bool
	}{
		"it ran since":                {func(*life) {}, "restart", true},
		"it ran since, to be started": {func(*life) {}, "start", true},
		"it ran before":               {func(l *life) { l.since = 99 * time.Second }, "restart", false},
		"by an old file":              {func(l *life) { l.fresh = false }, "restart", false},
		"in another boot":             {func(l *life) { l.boot = "c" }, "restart", false},
		"it failed":                   {func(l *life) { l.ran, l.active = false, "failed" }, "restart", false},
	} {
		l := ran
		tt.change(&l)
		if got := isOvertaken(wanted{}, l, tt.verb, owed); got != tt.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

// TestRepeats: the properties of a timer decide whether it is started again.
func TestRepeats(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		p    props
		want bool
	}{
		"a calendar":                {props{"TimersCalendar": dbus.MakeVariant([][]any{{"OnCalendar", "hourly", uint64(0)}})}, true},
		"since its unit was active": {props{"TimersMonotonic": dbus.MakeVariant([][]any{{"OnUnitActiveUSec", uint64(1), uint64(0)}})}, true},
		"since the boot":            {props{"TimersMonotonic": dbus.MakeVariant([][]any{{"OnBootUSec", uint64(1), uint64(0)}})}, false},
		"nothing":                   {props{}, false},
	} {
		if got := isRepeating(tt.p); got != tt.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

// TestEnabledWithoutAFile: a unit without a file counts as enabled if links to it remain.
func TestEnabledWithoutAFile(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		st   status
		want bool
		is   bool
		err  bool
	}{
		"nothing is left":              {status{}, false, false, false},
		"links are left":               {status{dangling: true}, false, true, false},
		"it runs, links are left":      {status{exists: true, file: fileGone, dangling: true}, false, true, false},
		"it runs, to be enabled":       {status{exists: true, file: fileGone}, true, false, true},
		"a template needs an instance": {status{exists: true, file: fileDisabled, needsInstance: true}, true, false, true},
		"and can be disabled":          {status{exists: true, file: fileDisabled, needsInstance: true}, false, false, false},
	} {
		is, err := tt.st.enabledAs(tt.want, "x.service")
		if is != tt.is || (err != nil) != tt.err {
			t.Errorf("%s: got %v, %v", name, is, err)
		}
	}
}

func TestUnknownGenerator(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if hasUnknownGenerator([]string{dir, dir + "/nothing"}) {
		t.Error("there is none")
	}
	write := func(name string, mode uint32) { writeMode(t, dir+"/"+name, "#!/bin/sh\n", mode) }
	write("systemd-fstab-generator", 0o755)
	write("readme", 0o644)
	if hasUnknownGenerator([]string{dir}) {
		t.Error("what these read is known")
	}
	write("own", 0o755)
	if !hasUnknownGenerator([]string{dir}) {
		t.Error("nobody knows what it reads")
	}
}

func writeMode(t *testing.T, path, content string, mode uint32) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), os.FileMode(mode)); err != nil {
		t.Fatal(err)
	}
}

func TestDerives(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		paths   string
		unknown bool
		want    string
	}{
		"what generators are known to read":       {"/srv/x /etc/fstab /etc/containers/systemd/a/b.pod /etc/initial", false, "/etc/fstab /etc/containers/systemd/a/b.pod"},
		"anything, where one is not known":        {"/srv/x /etc/fstab", true, "/srv/x /etc/fstab"},
		"anything, where one comes with the rest": {"/srv/x /etc/systemd/system-generators/own", false, "/srv/x /etc/systemd/system-generators/own"},
		"no more for one that is known":           {"/srv/x /usr/lib/systemd/system-generators/systemd-run-generator", false, ""},
		"what has no path is no file":             {"- -", true, ""},
	} {
		var cs []resource.Change
		for _, path := range strings.Fields(c.paths) {
			ch := resource.Change{Key: "user:x"}
			if path != "-" {
				ch.Key = "path:" + path
			}
			cs = append(cs, ch)
		}
		var got []string
		for i, does := range markDerived(cs, c.unknown) {
			if does {
				got = append(got, cs[i].Path())
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                       "",
		"a\n\x1b[1;31mboom\x1b[0m\na\nboom\na\n": "a (×3)\nboom (×2)",
		"1\n2\n3\n4\n\n2\n":                      "2 (×2)\n3\n4",
	} {
		if got := foldLines(text, 3); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestIsVendor(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]bool{
		"/etc/systemd/system/a.socket":                  false,
		"/etc/systemd/system/a.socket.d/x.conf":         false,
		"/run/systemd/system/a.socket":                  false,
		"/usr/local/lib/systemd/system/a.socket":        false,
		"/usr/lib/systemd/system/a.socket":              true,
		"/lib/systemd/system/a.socket":                  true,
		"/run/systemd/generator/a.socket":               true,
		"/run/systemd/generator.late/a.socket.d/x.conf": true,
	} {
		if got := isVendor(path); got != want {
			t.Errorf("%s: %t", path, got)
		}
	}
}

// TestVerdictsAreOnDeclaredNames shows which name a verdict uses for a unit whose declared name is an alias from its
// package.
func TestVerdictsAreOnDeclaredNames(t *testing.T) {
	t.Parallel()
	l := &startLog{}
	for _, names := range [][2]string{
		{"ssh.service", "sshd.service"}, {"a.service", "a.service"}, {"a.service", "b.service"}, {"c.service", "d.service"}, {"c.service", "c.service"},
	} {
		l.name(names[0], names[1])
	}
	for unit, want := range map[string]string{
		"ssh.service": "service:sshd.service", "a.service": "service:a.service", "c.service": "service:c.service", "other.service": "service:other.service",
	} {
		if got := l.keyOf(unit); got != want {
			t.Errorf("%s: %s, want %s", unit, got, want)
		}
	}
	l.watch("ssh.service", wanted{})
	err := (&socketRestarter{starts: l}).blameUnits(jobErrors{"ssh.service": errors.New("no")}, []string{"ssh.service"})
	if d := cmp.Diff("map[service:sshd.service:no]", fmt.Sprint(err)); d != "" {
		t.Error(d)
	}
}
