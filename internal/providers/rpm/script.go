package rpm

import (
	"regexp"
	"strings"

	"converge/internal/process"
	"converge/internal/providers/packages/tool"
)

// ScriptFailure is a failed script of a package.
type ScriptFailure struct {
	Package string // name of the package
	Reason  string // "%post scriptlet failed, exit status 7"
	Printed string // what the script printed before, in lines
	Fatal   bool   // rpm did not make the requested change to the package because of it
}

// Text describes the failure for people.
func (f ScriptFailure) Text() string {
	return f.Reason + tool.Indent(tool.LastLines(f.Printed, tool.ShownLines))
}

// ParseScriptFailures finds the failed scripts in a manager's output, by rpm's lines about them:
//
//	warning: %post(failpost-0:1.0-1.noarch) scriptlet failed, exit status 7
//	error: %prein(failpre-0:1.0-1.noarch) scriptlet failed, signal 9
//	error: lua script failed: [string "%post(faillua-1.0-1.noarch)"]:1: oops
//
// The output of the script precedes such a line, back to a line of the manager's own.
func ParseScriptFailures(out string, isOwn func(line string) bool) []ScriptFailure {
	var found []ScriptFailure
	failedScript := regexp.MustCompile(`^(warning|error): (%\w+)\(([^()]+)\) (scriptlet failed.*)$`)
	failedLua := regexp.MustCompile(`^error: (lua script failed): \[string "(%\w+)\(([^()]+)\)"\]:(.*)$`)
	printed := ""
	for line := range strings.Lines(out) {
		line = process.Plain(tool.LastOverwrite(strings.TrimRight(line, "\n")))
		m, lua := failedScript.FindStringSubmatch(line), failedLua.FindStringSubmatch(line)
		switch {
		case m != nil:
			found = append(found, ScriptFailure{
				Package: NameOf(m[3]), Reason: m[2] + " " + m[4], Printed: printed, Fatal: m[1] == "error",
			})
			printed = ""
		case lua != nil: // rpm calls it an error, but only scripts that run before a change prevent the change
			found = append(found, ScriptFailure{
				Package: NameOf(lua[3]), Reason: lua[2] + " " + lua[1] + ", line " + lua[4], Printed: printed, Fatal: strings.HasPrefix(lua[2], "%pre"),
			})
			printed = ""
		case isOwn(line):
			printed = ""
		default:
			printed += line + "\n"
		}
	}
	return found
}

// FailedScripts returns the packages that are installed although their scripts failed, with the output of the scripts.
func FailedScripts(out string, isOwn func(line string) bool) map[string]string {
	failed := map[string]string{}
	for _, f := range ParseScriptFailures(out, isOwn) {
		if !f.Fatal {
			failed[f.Package] = f.Text()
		}
	}
	return failed
}

// NameOf returns the name in NAME-EPOCH:VERSION-RELEASE.ARCH.
func NameOf(nevra string) string {
	name := nevra
	for range 2 {
		if i := strings.LastIndexByte(name, '-'); i > 0 {
			name = name[:i]
		}
	}
	return name
}

// ParseKeptFiles finds the packages' files that rpm put next to locally changed ones, as the pairs FILE, PLACE:
//
//	warning: /etc/demo.conf created as /etc/demo.conf.rpmnew
func ParseKeptFiles(out string) [][2]string {
	var found [][2]string
	keptFile := regexp.MustCompile(`^warning: (/.+) (?:created|saved) as (/.+\.rpm(?:new|orig))$`)
	for line := range strings.Lines(out) {
		line = process.Plain(tool.LastOverwrite(strings.TrimRight(line, "\n")))
		if m := keptFile.FindStringSubmatch(line); m != nil {
			found = append(found, [2]string{m[1], m[2]})
		}
	}
	return found
}
