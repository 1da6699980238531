package dnf

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"converge/internal/process"
	"converge/internal/providers/packages/tool"
	"converge/internal/providers/rpm"
)

// statusLocked is that of a command other than `dnf shell` that did not get a lock.
const statusLocked = 200

// shellRunner gives that status to `dnf shell` too, which ends with 0 after any failure.
type shellRunner struct{ tool.Runner }

func (r shellRunner) Run(ctx context.Context, c tool.Command) (tool.Result, error) {
	res, err := r.Runner.Run(ctx, c)
	if err == nil && res.Status == 0 && lostRace(res) {
		res.Status = statusLocked
	}
	return res, err
}

// lostRace reports whether dnf failed only because another program had a lock, so that it
// has done nothing. Lines decide where the status does not, but only those that come before
// a script of a package can print any: up to the beginning of the transaction, and right
// after it if rpm does not get its lock.
//
//	Error: RPMDB already locked by 73
//
//	Running transaction
//	RPM: error: can't create transaction lock on /var/lib/rpm/.rpm.lock (Resource temporarily unavailable)
//	Error: Could not run transaction.
func lostRace(res tool.Result) bool {
	heldLock := regexp.MustCompile(`^Error: \S+ already locked by \d+$`)
	locked, begun := res.Status == statusLocked, false
	for line := range strings.Lines(res.Stdout + "\n" + res.Stderr) {
		text, ofRPM := strings.CutPrefix(plainLine(line), "RPM: ")
		switch {
		case text == "":
		case begun && ofRPM:
			locked = locked || rpm.IsLockError(text)
		case begun:
			return locked && text == "Error: Could not run transaction."
		case text == beginning:
			begun = true
		default:
			locked = locked || heldLock.MatchString(text)
		}
	}
	return locked
}

// beginning is the line after which rpm has the packages.
const beginning = "Running transaction"

// errorOf returns dnf's own message in a line about an error. After a line of progress,
// which has no end, it is in the middle of a line:
//
//	Verifying        : p04-1.0-1.noarch                                       2/2Error: Transaction failed
func errorOf(line string) (msg string, ok bool) {
	before, msg, ok := strings.Cut(line, "Error: ")
	return msg, ok && (before == "" || strings.Trim(before[len(before)-1:], "0123456789") == "")
}

// firstError is dnf's first line about an error, or its last line.
func firstError(res tool.Result) string {
	for line := range strings.Lines(res.Stderr + "\n" + res.Stdout) {
		if msg, ok := errorOf(plainLine(line)); ok && msg != "" {
			return msg
		}
	}
	if line := tool.LastLines(res.Stderr, 1); line != "" {
		return line
	}
	return tool.LastLines(withoutShell(res.Stdout), 1)
}

// withoutShell is output without the lines that are about the shell alone.
func withoutShell(out string) string {
	var kept strings.Builder
	for line := range strings.Lines(out) {
		if text := plainLine(line); text != "Leaving Shell" && !strings.HasPrefix(text, "Last metadata expiration check") && !strings.HasPrefix(text, "M\t") {
			kept.WriteString(text + "\n")
		}
	}
	return kept.String()
}

// plainLine is a line without the shell's prompts before it.
func plainLine(line string) string {
	line = process.Plain(tool.LastOverwrite(strings.TrimRight(line, "\n")))
	for strings.HasPrefix(line, "> ") {
		line = line[2:]
	}
	return strings.TrimRight(line, " ")
}

// missed are dnf's lines about a word for which it has found nothing, and their meanings.
func missed() []missedWord {
	return []missedWord{
		{regexp.MustCompile(`^No match for argument: (.+)$`), "it is in none of the package sources"},
		{regexp.MustCompile(`^All matches were filtered out by (?:exclude|modular) filtering for argument: (.+)$`), "the configuration of dnf excludes it"},
		{regexp.MustCompile(`^Package (\S+) available, but not installed\.$`), "it is not installed"},
		{regexp.MustCompile(`^Installed package (\S+) (?:\(from .*\) )?not available\.$`), "its installed version is in none of the package sources any more"},
	}
}

type missedWord struct {
	line *regexp.Regexp
	why  string
}

// findFailures sets the failures of the script. It returns an error that concerns no word.
func (s *script) findFailures(res tool.Result) error {
	var other []string
	lines := missed()
	for line := range strings.Lines(res.Stdout + "\n" + res.Stderr) {
		line = plainLine(line)
		if s.missesWord(lines, line) {
			continue
		}
		msg, isError := strings.CutPrefix(line, "Error: ")
		if isError && !strings.HasPrefix(msg, "Unable to find a match") && !strings.HasPrefix(msg, "No packages marked for ") {
			other = append(other, msg)
		}
	}
	for _, p := range parseProblems(res.Stdout) {
		if !s.blameWords(p) {
			other = append(other, strings.Join(p, "; "))
		}
	}
	if len(other) > 0 && len(s.failed) == 0 {
		return errors.New(strings.Join(other, "; "))
	}
	return nil
}

// missesWord records a line about a word for which dnf has found nothing.
func (s *script) missesWord(lines []missedWord, line string) bool {
	for _, m := range lines {
		found := m.line.FindStringSubmatch(line)
		if found == nil {
			continue
		}
		for i, spec := range s.specs {
			w := s.request.Words[i]
			if spec == "" || found[1] != spec && found[1] != w.Name && !rpm.IsVersionOf(found[1], w.Name) || s.failed[i] != nil {
				continue
			}
			why := m.why
			if w.Version != "" && strings.HasPrefix(line, "No match") {
				why = fmt.Sprintf("it is not offered in version %s by any package source", w.Version)
			}
			s.failed[i] = errors.New(why)
		}
		return true
	}
	return false
}

// parseProblems reads why the solver has found no solution, a list of lines each:
//
//	Problem 1: conflicting requests
//	 - nothing provides demo >= 9 needed by needs-new-1.0-1.noarch
//	Problem 2: …
func parseProblems(out string) [][]string {
	var list [][]string
	open, problem := false, regexp.MustCompile(`^ Problem( \d+)?: `)
	for line := range strings.Lines(out) {
		line = plainLine(line)
		trimmed := strings.TrimSpace(line)
		switch {
		case problem.MatchString(line):
			_, first, _ := strings.Cut(trimmed, ": ")
			list, open = append(list, []string{first}), true
		case open && strings.HasPrefix(line, "  - "):
			last := &list[len(list)-1]
			*last = append(*last, strings.TrimPrefix(trimmed, "- "))
		default:
			open = false
		}
	}
	return list
}

// subjects are the packages that a line of a problem concerns, not those that they need or conflict with.
func subjects() []*regexp.Regexp {
	return []*regexp.Regexp{
		regexp.MustCompile(`^package (\S+) (?:requires|conflicts|obsoletes|does not)`),
		regexp.MustCompile(`needed by (\S+)`),
		regexp.MustCompile(`^package (\S+) (?:is|has)`),
		regexp.MustCompile(`cannot install both (\S+) `),
		regexp.MustCompile(`protected packages: (.+)$`),
	}
}

// blameWords records a problem as the failure of the words that it concerns.
func (s *script) blameWords(problem []string) bool {
	reason := explain(problem)
	blamed := false
	for _, subject := range subjects() {
		for _, line := range problem {
			m := subject.FindStringSubmatch(line)
			if m == nil {
				continue
			}
			for i, w := range s.request.Words {
				if s.specs[i] != "" && isAbout(m[1], w.Name, w.File) {
					s.failed[i], blamed = errors.New(reason), true
				}
			}
		}
		if blamed {
			return true
		}
	}
	return false
}

// isAbout reports whether text names a package: alone, in a list, or with its
// version.
func isAbout(text, name, file string) bool {
	base, _, _ := rpm.CutArch(name)
	if file != "" && strings.HasPrefix(text, "@commandline") {
		return true
	}
	return rpm.IsVersionOf(text, name) || slices.Contains(strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }), base)
}

// explain is a problem in one line, without empty phrases.
func explain(problem []string) string {
	kept := slices.DeleteFunc(slices.Clone(problem), func(l string) bool { return l == "conflicting requests" || l == "problem with installed package" })
	if len(kept) == 0 {
		kept = problem
	}
	const most = 4
	if len(kept) > most {
		kept = append(kept[:most:most], "…")
	}
	return strings.Join(kept, "; ")
}
