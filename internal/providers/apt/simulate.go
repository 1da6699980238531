package apt

import (
	"fmt"
	"regexp"
	"strings"

	"converge/internal/version"
)

// operation is one thing that a transaction does to one package.
type operation struct {
	name     string // as apt writes it: with :ARCH if foreign
	old, new string // versions; old "" if it was not there, new "" if it goes
	purge    bool   // its configuration is removed, too
}

func (o operation) removes() bool { return o.new == "" }

// downgrades reports whether a newer version is replaced by an older one.
func (o operation) downgrades() bool {
	return o.old != "" && o.new != "" && version.Compare(o.old, o.new) > 0
}

// parseSimulation parses the lines with which `apt-get -s` forecasts its work:
//
//	Inst NAME [OLD] (NEW ORIGIN [ARCH]) …
//	Remv NAME [OLD] …
//	Purg NAME [OLD] …
//	Conf NAME (NEW ORIGIN [ARCH])
//
// Conf lines add nothing to Inst lines. Other lines are prose.
func parseSimulation(out string) []operation {
	var ops []operation
	for line := range strings.Lines(out) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if word != "Inst" && word != "Remv" && word != "Purg" {
			continue
		}
		name, rest, _ := strings.Cut(rest, " ")
		if name == "" {
			continue
		}
		o := operation{name: name, purge: word == "Purg"}
		if strings.HasPrefix(rest, "[") {
			o.old, rest, _ = strings.Cut(rest[1:], "]")
			rest = strings.TrimLeft(rest, " ")
		}
		if word == "Inst" {
			if !strings.HasPrefix(rest, "(") {
				continue // not in apt's form
			}
			o.new, _, _ = strings.Cut(rest[1:], " ")
			o.new = strings.TrimSuffix(o.new, ")")
			if o.new == "" {
				continue
			}
		}
		ops = append(ops, o)
	}
	return ops
}

// problem is one reason why apt-get cannot do what it was asked.
type problem struct {
	name    string // the package that it is about, "" if apt names none
	msg     string // "it is in none of the package sources"
	unknown bool   // newer package lists may know more
	broken  bool   // it must be reinstalled before anything else is done, and cannot be
}

// needsSource reports whether a dependency is not available, for example because
// a source could not be fetched.
func (b problem) needsSource() bool { return strings.Contains(b.msg, "it is not installable") }

// parseProblems parses the output of a failing `apt-get -s` on both streams.
func parseProblems(out, errs string) []problem {
	virtual := virtualPackages(out)
	var list []problem
	for line := range strings.Lines(errs) {
		line = strings.TrimSpace(line)
		msg, ok := strings.CutPrefix(line, "E: ")
		if !ok {
			continue
		}
		list = append(list, parseProblem(msg, virtual))
	}
	return append(parseUnmet(out), list...)
}

// parseProblem reads one error line.
func parseProblem(msg string, virtual map[string][]string) problem {
	if name, ok := strings.CutPrefix(msg, "Unable to locate package "); ok {
		return problem{name: name, msg: "it is in none of the package sources", unknown: true}
	}
	if m := regexp.MustCompile(`^Version '(.*)' for '(.*)' was not found$`).FindStringSubmatch(msg); m != nil {
		return problem{name: m[2], msg: "it is not offered in version " + m[1] + " by any package source", unknown: true}
	}
	if m := regexp.MustCompile(`^Package '(.*)' has no installation candidate$`).FindStringSubmatch(msg); m != nil {
		if providers := virtual[m[1]]; len(providers) > 0 {
			return problem{name: m[1], msg: "it is a virtual package; name one that provides it: " + strings.Join(providers, ", ")}
		}
		return problem{name: m[1], msg: "no package source offers it, or a negative priority in apt's preferences forbids it (apt-cache policy " + m[1] + ")", unknown: true}
	}
	if m := regexp.MustCompile(`^The package (\S+) needs to be reinstalled, but I can't find an archive for it\.?$`).FindStringSubmatch(msg); m != nil {
		return problem{name: m[1], msg: "dpkg left it broken, and no package source has it to install it again", unknown: true, broken: true}
	}
	return problem{msg: msg}
}

// virtualPackages reads the blocks
//
//	Package NAME is a virtual package provided by:
//	  PROVIDER VERSION (= …)
//	  …
func virtualPackages(out string) map[string][]string {
	found := map[string][]string{}
	name := ""
	for line := range strings.Lines(out) {
		line = strings.TrimRight(line, "\n")
		if rest, ok := strings.CutPrefix(line, "Package "); ok {
			if n, ok := strings.CutSuffix(rest, " is a virtual package provided by:"); ok {
				name = n
				continue
			}
		}
		fields := strings.Fields(line)
		if name == "" || !strings.HasPrefix(line, "  ") || len(fields) == 0 {
			name = ""
			continue
		}
		found[name] = append(found[name], fields[0])
	}
	return found
}

// parseUnmet reads the block
//
//	The following packages have unmet dependencies:
//	 NAME : Depends: OTHER (>= 3) but 1.0 is to be installed
//	        Conflicts: …
func parseUnmet(out string) []problem {
	_, block, ok := strings.Cut(out, "The following packages have unmet dependencies:\n")
	if !ok {
		return nil
	}
	var list []problem
	for line := range strings.Lines(block) {
		if !strings.HasPrefix(line, " ") {
			break
		}
		line = strings.TrimSpace(line)
		name, why, ok := strings.Cut(line, " : ")
		if ok && name != "" && !strings.ContainsAny(name, " \t") {
			list = append(list, problem{name: name, msg: why})
		} else if len(list) > 0 {
			list[len(list)-1].msg += "; " + line
		}
	}
	return list
}

// parseUnneeded reads the block that `apt-get -s` puts before its solution, about
// packages that came along with others and that nothing needs then:
//
//	The following packages were automatically installed and are no longer required:
//	  NAME NAME …
func parseUnneeded(out string) []string {
	_, block, ok := strings.Cut(out, "automatically installed and ")
	if !ok {
		return nil
	}
	_, block, _ = strings.Cut(block, "\n")
	var names []string
	for line := range strings.Lines(block) {
		if !strings.HasPrefix(line, "  ") {
			break
		}
		names = append(names, strings.Fields(line)...)
	}
	return names
}

// unneededNote names the packages that removals leave behind: apt does not remove the automatically installed
// dependencies of removed packages.
func unneededNote(names []string) []string {
	if len(names) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("came along with other packages and stays, though nothing needs it then: %s; apt-get autoremove would remove it", strings.Join(names, ", "))}
}

// lastRemoval returns the last item that apt removes, which carries the note about
// the packages left behind; nil if apt removes none.
func (q *request) lastRemoval() *item {
	var last *item
	for _, it := range q.items {
		if op := q.operationOn(it.name); it.err == nil && op != nil && op.removes() {
			last = it
		}
	}
	return last
}
