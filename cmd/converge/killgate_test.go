package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"converge/internal/breakpoint"
	"converge/internal/testhost"
)

// gateSite changes the version of a package, which owes a command, installs a package and removes another; from up to
// down, and back.
const gateSite = `
variable "up" { type = bool }
package "hello-conf" {
  version         = var.up ? "1.1" : "1.0"
  allow_downgrade = true
  notifies        = [exec.told.run]
}
package "p01" { ensure = var.up ? "present" : "absent" }
package "p02" { ensure = var.up ? "absent" : "present" }
exec "told" { command = "echo told >>/srv/told" }
`

// gateStep is a point of a transaction: right before a system call.
type gateStep struct {
	name  string
	at    gateCall
	kills []gateEnd
}

// gateCall is a system call of a transaction.
type gateCall struct {
	name string // read: of standard input
	by   string // matches the command line of the process that makes it
	with string // part of the bytes that it writes, or the path that it opens; "": any
	past string // matches the command line of the process that made an earlier call of that name; "": any
}

// gateEnd describes the state after a process was killed.
type gateEnd struct {
	victims string // each is killed in a separate round
	left    string // "nothing" of the changes, "all", or the state of the package that changes its version
	run     string // its result in the journal; "": it is not in the journal
}

// The processes of a transaction. Its apt-get is the only one that does more than a query.
const (
	byConverge = `^converge apply`
	byAptGet   = `^apt-get -y`
	byHook     = `^/bin/sh -c converge_gate`
	byCat      = `^cat$`
	byDpkg     = `^/usr/bin/dpkg .*`
)

const libraries = "/etc/ld.so.cache" // the first file that a program opens

// gateSteps returns the steps of a transaction, in order. If converge or all processes are killed, the next run does the
// work; if apt-get is killed, this run fails; if a hook is killed before its query, this run tries once more, without a
// gate.
func gateSteps() []gateStep {
	waiting := []gateEnd{{"converge all", "nothing", "killed"}, {"apt-get group", "nothing", "failed"}, {"hook", "all", "converged"}}
	asked := []gateEnd{{"converge all", "nothing", "killed"}, {"apt-get group hook", "nothing", "failed"}}
	return []gateStep{
		{"planned, to be journaled", gateCall{"write", byConverge, `{"start":`, ""}, []gateEnd{{"converge", "nothing", ""}}},
		{"journaled, to be brought to the disk", gateCall{"fdatasync", byConverge, "", ""}, []gateEnd{{"converge", "nothing", "killed"}}},
		{"apt-get has started", gateCall{"openat", byAptGet, libraries, ""}, []gateEnd{{"converge all", "nothing", "killed"}, {"apt-get", "nothing", "failed"}}},
		{"apt-get takes its locks", gateCall{"openat", byAptGet, "/var/cache/apt/archives/lock", ""}, []gateEnd{{"converge all", "nothing", "killed"}, {"apt-get", "nothing", "failed"}}},
		{"the hook waits for its input", gateCall{"read", byCat, "", ""}, waiting},
		{"the hook has the actions", gateCall{"write", byCat, "VERSION 3\n", ""}, waiting},
		{"all actions are passed on", gateCall{"write", byHook, "all operations are told\n", ""}, waiting},
		{"compared, to be answered", gateCall{"write", byConverge, "go\n", ""}, asked},
		{"answered", gateCall{"read", byHook, "", byHook}, []gateEnd{{"converge", "all", "killed"}, {"all", "nothing", "killed"}, {"apt-get group hook", "nothing", "failed"}}},
		{"apt-get goes on", gateCall{"openat", byDpkg + "--assert-multi-arch", libraries, ""}, []gateEnd{{"converge", "all", "killed"}, {"all", "nothing", "killed"}, {"apt-get group", "nothing", "failed"}, {"dpkg", "all", "converged"}}},
		{"dpkg has started", gateCall{"openat", byDpkg + "--remove", libraries, ""}, []gateEnd{{"converge", "all", "killed"}, {"all", "nothing", "killed"}, {"apt-get group dpkg", "nothing", "failed"}}},
		{"dpkg unpacks", gateCall{"openat", "^dpkg-deb --fsys-tarfile", libraries, ""}, []gateEnd{{"converge", "all", "killed"}, {"all", "half-installed", "killed"}, {"apt-get group dpkg", "half-installed", "failed"}}},
		{"dpkg is to configure", gateCall{"openat", byDpkg + "--configure", libraries, ""}, []gateEnd{{"converge", "all", "killed"}, {"all", "unpacked", "killed"}, {"apt-get group dpkg", "unpacked", "failed"}}},
		{"dpkg has ended, and apt-get is to", gateCall{"openat", byDpkg + "--print-foreign-architectures", libraries, byDpkg + "--configure"}, []gateEnd{{"converge all", "all", "killed"}, {"apt-get group", "all", "converged"}}},
		{"apt-get has ended", gateCall{"openat", byConverge, "/proc", byAptGet}, []gateEnd{{"converge", "all", "killed"}}},
		{"done, to be journaled", gateCall{"write", byConverge, `{"done":`, ""}, []gateEnd{{"converge", "all", "killed"}}},
		{"the owed command has started", gateCall{"openat", "^/bin/sh -e -c echo told", libraries, ""}, []gateEnd{{"converge", "all", "killed"}}},
	}
}

// TestKilledAtEachStepOfTheGate kills each process of a transaction at each of its steps. Nothing is installed unless
// dpkg has begun, and the journal records how the run ended. The next run finishes the work, runs the owed command,
// which no other run does, and leaves no files or processes behind. If dpkg had begun, rollbacks restore the former
// state.
func TestKilledAtEachStepOfTheGate(t *testing.T) {
	if !testhost.OnHost(t, testhost.Options{Repo: true}) {
		return
	}
	if err := breakpoint.Available(); err != nil {
		testhost.Cannot(t, err.Error())
	}
	mustRun(t, "apt-get", "-qq", "update")
	writeIn(t, "/srv/site.hcl", gateSite)
	mustRun(t, "converge", "apply", "--var", "up=false", "/srv/site.hcl")
	kills, up := 0, true
	for _, step := range gateSteps() {
		for _, end := range step.kills {
			for victim := range strings.FieldsSeq(end.victims) {
				r := &gateRound{t: t, step: step, victim: victim, end: end, apply: []string{"apply", "--var", fmt.Sprint("up=", up), "/srv/site.hcl"}}
				if r.play(); t.Failed() {
					t.FailNow()
				}
				kills++
				if !r.restored {
					up = !up
				}
			}
		}
	}
	t.Logf("%d kills at %d steps", kills, len(gateSteps()))
}

// gateRound is a run that a kill interrupts, and the next one.
type gateRound struct {
	t      *testing.T
	step   gateStep
	victim string
	end    gateEnd
	apply  []string

	converge int            // the process
	by, past *regexp.Regexp // of the step's call
	isPast   bool
	killed   bool
	restored bool // everything is as before the round
}

func (r *gateRound) play() {
	before, files, debts, runs := packageStates(r.t), gateFiles(r.t), toldLines(r.t), gateRuns(r.t)
	out := r.disturb()
	left := packageStates(r.t)
	mine := gateRuns(r.t)[:len(gateRuns(r.t))-len(runs)]
	if run := strings.Join(mine, " "); run != r.end.run {
		r.errorf("the journal says of the run: %q, want %q\n%s", run, r.end.run, out)
	}
	said, err := exec.Command("converge", r.apply...).CombinedOutput()
	if err != nil || strings.Contains(string(said), "Waiting:") {
		r.errorf("the next run: %v\n%s", err, said)
	}
	after := packageStates(r.t)
	if got := describeLeft(before, left, after); got != r.end.left {
		r.errorf("left %s (%s), want %s\n%s", got, left, r.end.left, out)
	}
	if told := toldLines(r.t) - debts; told != 1 {
		r.errorf("the owed command was run %d times\n%s\n%s", told, out, said)
	}
	mustRun(r.t, "converge", "plan", "--detailed-exitcode", r.apply[1], r.apply[2], r.apply[3])
	if d := cmp.Diff(files, gateFiles(r.t)); d != "" {
		r.errorf("files are left, or gone:\n%s", d)
	}
	if r.end.left != "nothing" && r.end.run != "converged" {
		r.takeBack(before, len(runs))
	}
}

// disturb makes the run that the kill interrupts, and returns its output.
func (r *gateRound) disturb() string {
	cmd := exec.Command("converge", r.apply...)
	r.by, r.past = regexp.MustCompile(r.step.at.by), regexp.MustCompile(r.step.at.past)
	_, out, err := breakpoint.Run(cmd, []string{r.step.at.name}, func(c breakpoint.Call) breakpoint.Answer {
		if r.converge = cmd.Process.Pid; !r.killed && r.isStep(c) {
			r.killed = true
			r.kill()
		}
		return breakpoint.Proceed
	})
	if !r.killed {
		r.errorf("the run does not come to it")
	}
	for _, by := range []string{byConverge, byAptGet, byHook, byCat, byDpkg} {
		if pid := findProcess(by); pid > 0 {
			r.errorf("process %d is left: %s", pid, commandLine(pid))
		}
	}
	return fmt.Sprintf("%v\n%s", err, out)
}

// isStep reports whether a call is the one that the step precedes.
func (r *gateRound) isStep(c breakpoint.Call) bool {
	at, line := r.step.at, commandLine(c.Process)
	if c.Name == "read" && c.Args[0] != 0 {
		return false
	}
	isPast := r.isPast || at.past == ""
	r.isPast = r.isPast || r.past.MatchString(line)
	if !isPast || !r.by.MatchString(line) {
		return false
	}
	text := argumentOf(c)
	return at.with == "" || text == at.with || c.Name == "write" && strings.Contains(text, at.with)
}

// kill kills the victim, and returns when it has ended, before the stopped call is made.
func (r *gateRound) kill() {
	group := findGroup(findProcess(byAptGet))
	pids := map[string][]int{
		"converge": {r.converge}, "apt-get": {findProcess(byAptGet)}, "hook": {findProcess(byHook)},
		"dpkg": {findProcess(byDpkg)}, "group": group, "all": append(slices.Clone(group), r.converge),
	}[r.victim]
	if len(pids) == 0 || slices.Contains(pids, 0) {
		r.errorf("there is none to kill")
		return
	}
	killProcesses(r.t, pids)
}

// takeBack rolls back the runs of the round, and requires the former state.
func (r *gateRound) takeBack(before string, runs int) {
	listed, err := exec.Command("converge", "history").Output()
	if err != nil {
		r.t.Fatal(err)
	}
	all := regexp.MustCompile(`(?m)^\d{8}T\S+`).FindAllString(string(listed), -1)
	for _, id := range all[:len(all)-runs] {
		mustRun(r.t, "converge", "rollback", id)
	}
	if now := packageStates(r.t); now != before {
		r.errorf("taken back: %s, was %s", now, before)
	}
	r.restored = true
}

func (r *gateRound) errorf(format string, args ...any) {
	r.t.Helper()
	r.t.Errorf("%s, %s killed: %s", r.step.name, r.victim, fmt.Sprintf(format, args...))
}

// describeLeft describes the states of the packages between those before and after.
func describeLeft(before, left, after string) string {
	switch left {
	case before:
		return "nothing"
	case after:
		return "all"
	}
	return strings.Fields(left)[1]
}

// packageStates returns the states and versions of the site's packages, the changing one first.
func packageStates(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("sh", "-c", "dpkg-query -W -f '${Package} ${db:Status-Status} ${Version}\n' hello-conf 'p0[12]' || true").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func toldLines(t *testing.T) int {
	t.Helper()
	return strings.Count(read(t, "/srv/told"), "\n")
}

// gateRuns returns the results of all runs in the journal, the last first.
func gateRuns(t *testing.T) (how []string) {
	t.Helper()
	out, err := exec.Command("converge", "history").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^\d{8}T\S+ +\S+ \S+ +(\w+)`).FindAllStringSubmatch(string(out), -1) {
		how = append(how, m[1])
	}
	return how
}

// gateFiles lists the temporary files of converge, apt and dpkg, except the folder that a killed apt-get leaves.
func gateFiles(t *testing.T) (names []string) {
	t.Helper()
	for pattern := range strings.FieldsSeq("/tmp/* /var/tmp/* /run/* /run/lock/* /var/lib/converge/current* /var/lib/converge/*.new /var/lib/converge/running/* " +
		"/var/cache/apt/archives/* /var/cache/apt/archives/partial/* /var/lib/apt/* /var/lib/apt/lists/partial/* /var/lib/dpkg/* /var/lib/dpkg/updates/* " +
		"/etc/hello-conf/* /usr/share/hello-conf/*") {
		list, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, list...)
	}
	names = slices.DeleteFunc(names, func(name string) bool { return strings.HasPrefix(name, "/tmp/apt-dpkg-install-") })
	return names
}
