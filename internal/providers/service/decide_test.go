package service

import (
	"errors"
	"strings"
	"testing"
	"time"

	"converge/internal/resource"
	"converge/resources"
)

func ptr(b bool) *bool { return &b }

func unitName(t testing.TB, s string) resources.UnitName {
	t.Helper()
	u, err := resources.ParseUnitName(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestJudge(t *testing.T) {
	t.Parallel()
	yes, no := ptr(true), ptr(false)
	file := func(state string) status {
		return status{exists: true, file: state, active: stInactive, load: "loaded"}
	}
	active := func(state, sub string) status {
		return status{exists: true, file: fileDisabled, active: state, sub: sub, load: "loaded"}
	}
	for name, tt := range map[string]struct {
		enabled, running, masked *bool
		st                       status
		want                     string // "enabled=true running=false", or "error: …"
	}{
		"enabled":                            {enabled: yes, st: file("enabled"), want: "enabled=true"},
		"enabled, not wanted":                {enabled: no, st: file("enabled"), want: "enabled=true"},
		"disabled":                           {enabled: yes, st: file("disabled"), want: "enabled=false"},
		"linked":                             {enabled: yes, st: file("linked"), want: "enabled=false"},
		"until the boot is not enabled":      {enabled: yes, st: file("enabled-runtime"), want: "enabled=false"},
		"until the boot is not disabled":     {enabled: no, st: file("enabled-runtime"), want: "enabled=true"},
		"static":                             {enabled: yes, st: file("static"), want: "error: unit x.service is static"},
		"static, disabled":                   {enabled: no, st: file("static"), want: "enabled=false"},
		"transient":                          {enabled: yes, st: file("transient"), want: "error: unit x.service is transient"},
		"transient, disabled":                {enabled: no, st: file("transient"), want: "enabled=false"},
		"generated, hooked":                  {enabled: yes, st: status{exists: true, file: "generated", hooked: true}, want: "enabled=true"},
		"generated, not hooked":              {enabled: yes, st: file("generated"), want: "error: unit x.service is generated"},
		"generated, disabled":                {enabled: no, st: file("generated"), want: "enabled=false"},
		"indirect, all":                      {enabled: yes, st: status{exists: true, file: "indirect", alsoAll: true, alsoAny: true}, want: "enabled=true"},
		"indirect, some":                     {enabled: yes, st: status{exists: true, file: "indirect", alsoAny: true}, want: "enabled=false"},
		"indirect, some, not wanted":         {enabled: no, st: status{exists: true, file: "indirect", alsoAny: true}, want: "enabled=true"},
		"bad":                                {enabled: yes, st: file("bad"), want: `error: unit x.service has a unit file in the state "bad"`},
		"masked":                             {masked: yes, st: file("masked"), want: "masked=true"},
		"masked until the boot":              {masked: yes, st: file("masked-runtime"), want: "masked=false"},
		"masked until the boot, lift":        {masked: no, st: file("masked-runtime"), want: "masked=true"},
		"masked in the way of enabling":      {enabled: yes, st: file("masked"), want: "error: unit x.service is masked"},
		"masked in the way of starting":      {running: yes, st: file("masked-runtime"), want: "error: unit x.service is masked"},
		"masked, to be lifted":               {enabled: yes, masked: no, st: file("masked"), want: "enabled=false masked=true"},
		"masked, not to run":                 {enabled: no, running: no, st: file("masked"), want: "enabled=false running=false"},
		"running":                            {running: yes, st: active("active", "running"), want: "running=true"},
		"exited but remains":                 {running: yes, st: active("active", "exited"), want: "running=true"},
		"reloading":                          {running: yes, st: active("reloading", "reload"), want: "running=true"},
		"starting":                           {running: yes, st: active("activating", "start"), want: "running=false"},
		"flapping":                           {running: yes, st: active("activating", "auto-restart"), want: "running=false"},
		"flapping is not off":                {running: no, st: active("activating", "auto-restart"), want: "running=true"},
		"stopping is not off":                {running: no, st: active("deactivating", "stop-sigterm"), want: "running=true"},
		"failed is off":                      {running: no, st: active("failed", "failed"), want: "running=false"},
		"failed":                             {running: yes, st: active("failed", "failed"), want: "running=false"},
		"left in the queue":                  {running: yes, st: status{exists: true, active: stInactive, job: "start", queued: true}, want: "running=true"},
		"in the queue, not by us":            {running: yes, st: status{exists: true, active: stInactive, job: "start"}, want: "running=false"},
		"left the queue":                     {running: yes, st: status{exists: true, active: stFailed, queued: true}, want: "running=false"},
		"missing, enabled":                   {enabled: yes, want: "error: there is no unit x.service"},
		"missing, running":                   {running: yes, want: "error: there is no unit x.service"},
		"missing, off":                       {enabled: no, running: no, want: "enabled=false running=false"},
		"missing, masked":                    {masked: yes, want: "masked=false"},
		"missing, masked before it is there": {masked: yes, st: status{exists: true, file: "masked"}, want: "masked=true"},
		"nothing runs here":                  {running: yes, st: status{exists: true, file: "enabled", notManaging: true}, want: "running=true"},
		"nothing runs here, off":             {running: no, st: status{exists: true, file: "enabled", notManaging: true}, want: "running=false"},
		"nothing managed":                    {st: file("enabled"), want: ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := wanted{name: unitName(t, "x"), unit: "x.service", given: "x.service", enabled: tt.enabled, running: tt.running, masked: tt.masked}
			have, err := w.judge(tt.st)
			if msg, ok := strings.CutPrefix(tt.want, "error: "); ok {
				if err == nil || !strings.HasPrefix(err.Error(), msg) {
					t.Errorf("error %v, want %q", err, msg)
				}
				if strings.Contains(msg, "not found") && !errors.Is(err, resource.ErrMissing) {
					t.Error("it is not ErrMissing")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, a := range []string{"enabled", "running", "masked"} {
				if resource.HasAttr(have, a) {
					got = append(got, a+"="+chooseWord(resource.BoolAttr(have, a), "true", "false"))
				}
			}
			if g := strings.Join(got, " "); g != tt.want {
				t.Errorf("got %q, want %q", g, tt.want)
			}
		})
	}
}

func TestOperation(t *testing.T) {
	t.Parallel()
	yes, no := ptr(true), ptr(false)
	for _, tt := range []struct {
		verb, active string
		running      *bool
		canReload    bool
		command      bool
		want         string
	}{
		{"start", "inactive", nil, false, false, "start"},
		{"start", "failed", nil, false, false, "start"},
		{"start", "active", nil, false, false, ""},
		{"stop", "active", nil, false, false, "stop"},
		{"stop", "activating", nil, false, false, "stop"},
		{"stop", "inactive", nil, false, false, ""},
		{"restart", "active", nil, false, false, "restart"},
		{"restart", "inactive", nil, false, false, "restart"},
		{"restart", "inactive", yes, false, false, "restart"},
		{"restart", "inactive", no, false, false, ""},
		{"restart", "failed", no, false, false, ""},
		{"restart", "activating", no, false, false, "restart"},
		{"reload", "active", nil, true, false, "reload"},
		{"reload", "active", nil, false, false, "restart"},
		{"reload", "active", nil, false, true, "reload"},
		{"reload", "reloading", nil, true, false, "reload"},
		{"reload", "inactive", yes, true, false, ""},
		{"reload", "failed", nil, true, false, ""},
		{"reload", "activating", nil, true, false, "restart"},
	} {
		w := wanted{unit: "x.service", running: tt.running}
		if tt.command {
			w.reloadCommand = []string{"true"}
		}
		got, err := chooseOperation(w, status{exists: true, active: tt.active}, tt.verb, func() (bool, error) { return tt.canReload, nil })
		if err != nil || got != tt.want {
			t.Errorf("%+v: got %q, %v", tt, got, err)
		}
	}
	if _, err := chooseOperation(wanted{}, status{}, "dance", nil); err == nil {
		t.Error("an unknown verb must be an error")
	}
}

func TestOvertaken(t *testing.T) {
	t.Parallel()
	const boot = "b1"
	owed := resource.Instant{Boot: boot, Mono: 100 * time.Second}
	live := life{exists: true, active: "active", boot: boot, since: 50 * time.Second, fresh: true}
	with := func(f func(*life)) life { l := live; f(&l); return l }
	for name, tt := range map[string]struct {
		verb    string
		running *bool
		l       life
		since   resource.Instant
		want    bool
	}{
		"started before":                      {"restart", nil, live, owed, false},
		"started after":                       {"restart", nil, with(func(l *life) { l.since = 101 * time.Second }), owed, true},
		"started at the same moment":          {"restart", nil, with(func(l *life) { l.since = 100 * time.Second }), owed, false},
		"started after, by the old file":      {"restart", nil, with(func(l *life) { l.since = 101 * time.Second; l.fresh = false }), owed, false},
		"a reload is paid by a start":         {"reload", nil, with(func(l *life) { l.since = 101 * time.Second }), owed, true},
		"another boot":                        {"restart", nil, with(func(l *life) { l.boot = "b2"; l.since = time.Second; l.fresh = false }), owed, true},
		"another boot, not up yet":            {"restart", nil, with(func(l *life) { l.boot = "b2"; l.active = "activating" }), owed, false},
		"another boot, down":                  {"restart", nil, with(func(l *life) { l.boot = "b2"; l.active = "inactive" }), owed, false},
		"some time during this boot":          {"restart", nil, with(func(l *life) { l.since = time.Hour }), resource.Instant{Boot: boot}, false},
		"some time during an earlier boot":    {"restart", nil, live, resource.Instant{Boot: "b0"}, true},
		"not known when":                      {"restart", nil, with(func(l *life) { l.since = time.Hour }), resource.Instant{}, false},
		"start not known":                     {"restart", nil, with(func(l *life) { l.since = 0 }), owed, false},
		"down, to be down":                    {"restart", ptr(false), with(func(l *life) { l.active = "inactive" }), owed, true},
		"down, to be up":                      {"restart", ptr(true), with(func(l *life) { l.active = "failed" }), owed, false},
		"down, not managed":                   {"restart", nil, with(func(l *life) { l.active = "inactive" }), owed, false},
		"reload of what is down":              {"reload", nil, with(func(l *life) { l.active = "inactive" }), owed, true},
		"flapping since":                      {"restart", nil, with(func(l *life) { l.active = "activating"; l.since = 101 * time.Second }), owed, false},
		"merely enabled":                      {"restart", ptr(true), live, owed, false},
		"gone":                                {"restart", nil, life{boot: boot}, owed, true},
		"stop, still up though started since": {"stop", nil, with(func(l *life) { l.since = 101 * time.Second }), owed, false},
		"stop, down":                          {"stop", nil, with(func(l *life) { l.active = "failed" }), owed, true},
		"start, up":                           {"start", nil, live, owed, true},
		"start, down":                         {"start", nil, with(func(l *life) { l.active = "inactive" }), owed, false},
	} {
		if got := isOvertaken(wanted{running: tt.running}, tt.l, tt.verb, tt.since); got != tt.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestReaches(t *testing.T) {
	t.Parallel()
	after := map[uint32][]waitingJob{
		1: {{ID: 2, Unit: "cloud-init.target"}, {ID: 3, Unit: "network.target"}},
		2: {{ID: 4, Unit: "cloud-final.service"}, {ID: 1, Unit: "x.service"}},
		5: {{ID: 3, Unit: "network.target"}},
	}
	of := func(j waitingJob) []waitingJob { return after[j.ID] }
	own := []string{"other.service", "cloud-final.service"}
	if findReached(waitingJob{ID: 1}, own, of) != "cloud-final.service" {
		t.Error("it waits through a target, and that is not seen")
	}
	if findReached(waitingJob{ID: 5}, own, of) != "" || findReached(waitingJob{ID: 9}, own, of) != "" {
		t.Error("it does not wait")
	}
}

func TestSystemctlWaits(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"systemctl start a b.socket":           "a.service b.socket",
		"/usr/bin/systemctl --quiet restart a": "a.service",
		"systemctl start --no-block a":         "",
		"systemctl enable --now a":             "a.service",
		"systemctl enable a":                   "",
		"systemctl status a":                   "",
		"systemctl start":                      "",
		"sleep start a":                        "",
		"":                                     "",
	} {
		got := strings.Join(parseSystemctlWaits([]byte(strings.ReplaceAll(in, " ", "\x00")+"\x00")), " ")
		if got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestJobError(t *testing.T) {
	t.Parallel()
	j := &job{unit: "x.service", verb: "start"}
	if err := explainResult(j, "done"); err != nil {
		t.Error(err)
	}
	for _, r := range []string{"failed", "canceled", "timeout", "dependency", "skipped", "assert", "unsupported", "collected", "once", "invalid", "something new"} {
		if err := explainResult(j, r); err == nil || !strings.HasPrefix(err.Error(), "cannot start unit x.service: ") {
			t.Errorf("%s: %v", r, err)
		}
	}
}

func TestParseInstall(t *testing.T) {
	t.Parallel()
	in, err := parseInstall([]byte("# c\n[Unit]\nWantedBy=no\n[Install]\nWantedBy=a.target b.target\nWantedBy=c.target\nRequiredBy=x\nRequiredBy=\nAlias=d.service\nAlso=e.socket \\\n  f.socket\nDefaultInstance=tty1\n"))
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join([]string{strings.Join(in.wantedBy, ","), strings.Join(in.requiredBy, ","), strings.Join(in.alias, ","), strings.Join(in.also, ","), in.defaultInstance}, "|")
	equal(t, "[Install]", got, "a.target,b.target,c.target||d.service|e.socket,f.socket|tty1")
}

func FuzzParseInstall(f *testing.F) {
	f.Add([]byte("[Install]\nWantedBy=%i.target %%\nAlias=../../x\nDefaultInstance=a\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		in, err := parseInstall(text)
		if err != nil {
			return
		}
		for _, name := range []string{"x@a.service", "x@.service", "x.service"} {
			links, err := unitFile{name: unitName(t, name), in: in}.listLinks()
			if err != nil {
				continue
			}
			for _, l := range links {
				if !strings.HasPrefix(l, etcUnits+"/") || strings.Contains(l, "/../") {
					t.Errorf("%q links to %q", text, l)
				}
			}
		}
	})
}
