package initd

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"converge/internal/process"
)

// What cron of Debian 12 says in its header.
const cronHeader = `#!/bin/sh
# Start/stop the cron daemon.
#
### BEGIN INIT INFO
# Provides:          cron
# Required-Start:    $remote_fs $syslog $time
# Required-Stop:     $remote_fs $syslog $time
# Should-Start:      $network $named slapd autofs ypbind nscd nslcd winbind sssd
# Default-Start:     2 3 4 5
# Default-Stop:
# Description:       cron is a standard UNIX program that runs user-specified
#                    programs at periodic scheduled times: at 2 3
### END INIT INFO
# Default-Start: 1
`

func TestParseHeader(t *testing.T) {
	for _, c := range []struct {
		summary, text string
		want          header
	}{
		{"cron", cronHeader, header{
			found:    true,
			requires: strings.Fields("$remote_fs $syslog $time $network $named slapd autofs ypbind nscd nslcd winbind sssd"),
			starts:   strings.Fields("2 3 4 5"), stops: []string{},
		}},
		{"none", "#!/sbin/openrc-run\n", header{}},
		{"no end", "### BEGIN INIT INFO\n# Default-Start: 2\n", header{}},
		{"lines of DOS", "### BEGIN INIT INFO\r\n# Default-Start: 2\r\n### END INIT INFO\r\n", header{found: true, starts: []string{"2"}}},
	} {
		if d := cmp.Diff(c.want, parseHeader(c.text), cmp.AllowUnexported(header{})); d != "" {
			t.Errorf("%s: %s", c.summary, d)
		}
	}
}

// The answers are those of Debian 12 (sysvinit 3.06, OpenRC 0.45.2, lsb-base 11.6).
func TestJudgeStatus(t *testing.T) {
	for _, c := range []struct {
		status int
		output string
		native bool
		want   condition
		why    string
	}{
		{0, "cron is running.\n", false, up, ""},
		{1, "lsb is not running ... failed!\n", false, down, ""},
		{0, "running; argument --old is not supported any more\n", false, up, ""},
		{3, "lsb is not running ... failed!\n", false, down, ""},
		{3, "Usage: /etc/init.d/nostat {start|stop|restart}\n", false, unknown, "its script has no status; it answered: Usage: /etc/init.d/nostat {start|stop|restart}"},
		{2, "\x1b[33m*\x1b[0m Usage: /etc/init.d/cron {start|stop}\n", false, unknown, "its script has no status; it answered: * Usage: /etc/init.d/cron {start|stop}"},
		{3, "Error: argument 'status' not supported\n", false, unknown, "its script has no status; it answered: Error: argument 'status' not supported"},
		{4, "", false, unknown, "its script's status ended with exit status 4"},
		{5, "no such program\n", false, unknown, "its script's status ended with exit status 5: no such program"},
		{0, " * status: started\n", true, up, ""},
		{3, " * status: stopped\n", true, down, ""},
		{16, " * status: inactive\n", true, up, ""},
		{32, " * status: crashed\n", true, crashed, ""},
		{8, " * status: starting\n", true, unknown, "its script's status ended with exit status 8: * status: starting"},
		{32, "", false, unknown, "its script's status ended with exit status 32"},
	} {
		got, why := judgeStatus(process.Result{Status: c.status, Stdout: c.output}, c.native)
		if got != c.want || why != c.why {
			t.Errorf("%d %q: got %d, %q", c.status, c.output, got, why)
		}
	}
}

func TestAssignedPidFile(t *testing.T) {
	for script, want := range map[string]string{
		"PIDFILE=/run/web.pid\n":                            "/run/web.pid",
		"pidfile=\"/run/${RC_SVCNAME}.pid\"\n":              "/run/web.pid",
		"NAME=daemon\nPIDFILE=/var/run/$NAME.pid # there\n": "/var/run/daemon.pid",
		"export PIDFILE='/run/x'\n":                         "/run/x",
		"D=/run/d\nP=$D/x\nPIDFILE=$P.pid\n":                "/run/d/x.pid",
		"PIDFILE=$(make_it)\n":                              "",
		"PIDFILE=/run/`hostname`.pid\n":                     "",
		"PIDFILE=$PIDFILE$PIDFILE\n":                        "",
		"\tPIDFILE=/run/in-a-function\n":                    "",
		"":                                                  "",
	} {
		if got := assignedPath(newScript("web", script), "PIDFILE", "pidfile"); got != want {
			t.Errorf("%q: got %q, want %q", script, got, want)
		}
	}
}

func newScript(name, text string) script { return script{name: name, text: text} }

func TestParseBootLevel(t *testing.T) {
	for text, want := range map[string]string{
		"# The default runlevel.\nid:2:initdefault:\nsi::sysinit:/etc/init.d/rcS\n": "2",
		"#id:2:initdefault:\nid:5:initdefault:\n":                                   "5",
		"id:6:initdefault:\n": "2",
		"":                    "2",
	} {
		equal(t, text, parseBootLevel(text), want)
	}
}

func FuzzScript(f *testing.F) {
	for _, text := range []string{cronHeader, daemon, native, "PIDFILE=$A\nA=$B\nB=$A$A$A$A\n", "#!\n", "### BEGIN INIT INFO\n### END INIT INFO"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := newScript("web", text)
		h := parseHeader(text)
		if !h.found && (h.starts != nil || h.stops != nil || h.requires != nil) {
			t.Errorf("a header that is none names %v", h)
		}
		if path := assignedPath(s, "PIDFILE", "pidfile"); len(path) > 1<<20 {
			t.Errorf("the path of a pid file has %d bytes", len(path))
		}
		if len(s.interpreter()) == 0 {
			t.Error("no interpreter")
		}
		definesStatus(s)
		parseBootLevel(text)
		if pid := parsePid(text); pid < 0 || pid == 1 {
			t.Errorf("pid %d", pid)
		}
		if k, ok := parseRcLink(text); ok && (rcLinks{}).path(k) != "/etc/rc.d/"+text {
			t.Errorf("%q is taken for %v", text, k)
		}
	})
}
