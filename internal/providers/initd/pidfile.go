package initd

import (
	"cmp"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"converge/internal/fsys"
	"converge/internal/process"
)

// pidFiles finds processes by the files that hold their numbers.
type pidFiles struct{ fs *fsys.FS }

// numbered is the process number in a pid file, and when the file was written.
type numbered struct {
	pid     int // 0: the file is not there, or holds no number
	written time.Time
}

// namedProcesses returns the processes in the pid files that a service has named; named
// is false if it has named no file.
func (f pidFiles) namedProcesses(s script) (processes []numbered, named bool) {
	files := f.named(s)
	for _, file := range files {
		pid, written := f.read(file)
		processes = append(processes, numbered{pid, written})
	}
	return processes, len(files) > 0
}

// named returns the pid files that a service has registered with OpenRC, or else those that its script assigns.
func (f pidFiles) named(s script) []string {
	var out []string
	if text, err := f.fs.ReadFile(openrcDir+"/options/"+s.name+"/pidfile", maxScript); err == nil {
		out = appendPath(out, strings.TrimSpace(string(text)))
	}
	for _, path := range f.daemonValues(s, "pidfile") {
		out = appendPath(out, path)
	}
	if len(out) == 0 {
		out = appendPath(out, assignedPath(s, "PIDFILE", "pidfile"))
	}
	return out
}

// daemonValues returns the values that start-stop-daemon has noted under a name for the daemons of a service.
func (f pidFiles) daemonValues(s script, name string) (out []string) {
	dir := openrcDir + "/daemons/" + s.name
	names, _ := f.fs.Names(dir) // an unreadable folder names nothing
	for _, n := range names {
		text, err := f.fs.ReadFile(dir+"/"+n, maxScript)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			if value, ok := strings.CutPrefix(line, name+"="); ok {
				out = append(out, strings.TrimSpace(value))
			}
		}
	}
	return out
}

func appendPath(list []string, path string) []string {
	if !strings.HasPrefix(path, "/") {
		return list
	}
	return append(list, path)
}

// The bounds of the path of a pid file: how many variables may lead to it, and its length.
const (
	maxExpansions = 8
	maxPath       = 4096
)

// assignedPath returns the path that a script assigns to the first of the names with an assignment, if that only
// depends on plain assignments of the script; "" if there is none.
func assignedPath(s script, names ...string) string {
	values := map[string]string{"RC_SVCNAME": s.name, "SVCNAME": s.name}
	assignment := regexp.MustCompile(`^(?:export\s+|readonly\s+)?([A-Za-z_][A-Za-z0-9_]*)=(?:"([^"]*)"|'([^']*)'|([^\s"';#]*))\s*(?:#.*)?$`)
	for line := range strings.Lines(s.text) {
		if m := assignment.FindStringSubmatch(strings.TrimRight(line, "\r\n")); m != nil {
			if _, again := values[m[1]]; !again {
				values[m[1]] = m[2] + m[3] + m[4]
			}
		}
	}
	path := ""
	for _, name := range names {
		path = cmp.Or(path, values[name])
	}
	variable := regexp.MustCompile(`\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))`)
	for range maxExpansions {
		path = variable.ReplaceAllStringFunc(path, func(v string) string {
			return values[strings.Trim(v, "${}")]
		})
		if len(path) > maxPath {
			return ""
		}
	}
	if strings.ContainsAny(path, "$`*?") {
		return ""
	}
	return path
}

// read reads a pid file; 0: it has no number.
func (f pidFiles) read(file string) (pid int, written time.Time) {
	real, err := f.fs.Resolve(file)
	if err != nil {
		return 0, time.Time{}
	}
	info, err := f.fs.Stat(real)
	if err != nil {
		return 0, time.Time{}
	}
	text, err := f.fs.ReadFile(real, maxScript)
	if err != nil {
		return 0, time.Time{}
	}
	return parsePid(string(text)), info.MTime
}

// parsePid returns the number at the beginning of a pid file.
func parsePid(text string) int {
	f := strings.Fields(text)
	if len(f) == 0 {
		return 0
	}
	pid, err := strconv.ParseInt(f[0], 10, 32)
	if err != nil || pid <= 1 {
		return 0
	}
	return int(pid)
}

// findProcess returns the main process of a service and when its pid file was written. It tries the usual names of pid
// files in addition to the named ones. ok is false if no living process is found.
func (f pidFiles) findProcess(s script) (pid int, written time.Time, ok bool) {
	usual := []string{"/run/" + s.name + ".pid", "/run/" + s.name + "/" + s.name + ".pid"}
	for _, file := range append(f.named(s), usual...) {
		if pid, written = f.read(file); pid == 0 {
			continue
		}
		if f.runs(s, numbered{pid, written}) {
			return pid, written, true
		}
	}
	return 0, time.Time{}, false
}

// hasEnded reports whether the main process of a service has ended, and no other one has
// taken its place.
func (f pidFiles) hasEnded(s script, pid int) bool {
	if _, alive := process.StatOf(pid); alive {
		return false
	}
	_, _, again := f.findProcess(s)
	return !again
}

// runs reports whether the process of a pid file lives. After a crash, or a boot that kept the file, another one may
// have its number: one that was started after the file was written, and runs another program. Neither alone proves
// that: a clock may be set, and a daemon may hand over to another program.
func (f pidFiles) runs(s script, p numbered) bool {
	if _, alive := process.StatOf(p.pid); !alive {
		return false
	}
	const slack = 2 * time.Second
	return time.Since(p.written) < process.Age(p.pid)+slack || f.runsProgram(s, p.pid)
}

// runsProgram reports whether a process runs a program of the service; true if that is not known.
func (f pidFiles) runsProgram(s script, pid int) bool {
	programs := f.daemonValues(s, "exec")
	if at := assignedPath(s, "DAEMON", "command"); at != "" {
		programs = append(programs, at)
	}
	file, argv, ok := process.ProgramOf(pid)
	if !ok || len(programs) == 0 {
		return true
	}
	for _, program := range programs {
		real, err := f.fs.Resolve(program)
		if err != nil {
			real = program
		}
		for _, is := range append(argv[:min(len(argv), 3)], file) { // of a script: interpreter, option, file
			if base := path.Base(is); base == path.Base(program) || base == path.Base(real) {
				return true
			}
		}
	}
	return false
}
