package pacman

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/tool"
)

// runWriting runs pacman for a change, once no other one is running. It reads lines as they are written: only their
// order shows which package a failed script belongs to. record is a file for them; "": none.
func (m *Manager) runWriting(ctx context.Context, record string, args ...string) (tool.Result, error) {
	argv := []string{"pacman"}
	if _, err := tool.FindProgram(m.Root, "stdbuf"); err == nil {
		argv = []string{"stdbuf", "-oL", "pacman"}
	}
	return m.RunLocked(ctx, m.locks(), lostRace, tool.Command{Argv: append(argv, args...), Keep: true, Record: record, Line: m.reportLine})
}

// reportLine reports the lines that describe the progress.
func (m *Manager) reportLine(line string) {
	for _, prefix := range operationLines() {
		if strings.HasPrefix(line, prefix) {
			m.ReportProgress("%s", strings.TrimSuffix(strings.TrimSpace(line), "..."))
			return
		}
	}
}

// Commit implements [packages.Solver]: from repositories, from files, and removals last, so that a replacement is
// installed before its package is removed.
func (m solver) Commit(ctx context.Context, r packages.Request) error {
	if err := m.Close(); err != nil { // pacman uses the machine's own databases
		return err
	}
	if err := m.repair(ctx, r); err != nil {
		return err
	}
	p, err := m.makePlan(ctx, r)
	if err != nil {
		return err
	}
	for i, why := range p.failed {
		return &packages.PackagesError{Err: why, Packages: map[string]string{r.Words[i].Name: why.Error()}}
	}
	if err := p.checkAllowed(r); err != nil {
		return err
	}
	var failed outcome
	for _, call := range []struct {
		verb string
		install
	}{{"-S", p.fetched}, {"-U", p.files}, {"-R", install{targets: p.remove}}} {
		if len(call.targets) == 0 {
			continue
		}
		args := []string{call.verb, "--noconfirm"}
		if len(call.replaced) > 0 {
			args = append(args, "--ask", "4") // answers yes to: X and Y are in conflict. Remove Y?
		}
		res, err := m.runWriting(ctx, r.Record, append(append(args, "--"), call.targets...)...)
		if err != nil {
			return err
		}
		if err := failed.add(res); err != nil {
			return err
		}
	}
	return failed.err()
}

// checkAllowed refuses a removal that the plan did not show, in case the machine has changed since then: converge lets
// pacman remove every package that conflicts.
func (p *plan) checkAllowed(r packages.Request) error {
	for _, o := range p.ops {
		named := slices.ContainsFunc(r.Words, func(w packages.Word) bool { return w.Name == o.Name })
		if o.New == "" && !named && !slices.Contains(r.Removals, o.Name) {
			return fmt.Errorf("it would remove %s, which the plan did not show; plan again", o.Name)
		}
	}
	return nil
}

// outcome collects pacman's messages about failed scripts, and about files that it could not write.
type outcome struct{ packages.ScriptError }

// add adds the result of a step; the error says that the step has failed.
func (o *outcome) add(res tool.Result) error {
	o.note(failedScripts(res.Stdout), nil)
	unwritten := findUnwritten(res.Stdout)
	o.note(unwritten, unwritten)
	if res.Status == 0 {
		return nil
	}
	err := fmt.Errorf("pacman failed: %w%s", failure(res), tool.Indent(tool.LastLines(res.Stdout+"\n"+res.Stderr, tool.ShownLines)))
	if isFetchError(res.Stdout + "\n" + res.Stderr) {
		err = &packages.FetchError{Err: err}
	}
	if bad := failedPackages(res.Stdout + "\n" + res.Stderr); len(bad) > 0 {
		err = &packages.PackagesError{Err: err, Packages: bad}
	}
	return errors.Join(err, o.err())
}

// note adds messages by packages; unwritten are those about files.
func (o *outcome) note(said, unwritten map[string]string) {
	if o.Packages == nil {
		o.Packages, o.Unwritten = map[string]string{}, map[string]bool{}
	}
	maps.Copy(o.Packages, said)
	for name := range unwritten {
		o.Unwritten[name] = true
	}
}

func (o *outcome) err() error {
	if len(o.Packages) == 0 {
		return nil
	}
	return &o.ScriptError
}

// failedScripts returns the packages whose scripts failed; pacman's exit status is 0 then.
//
//	installing NAME...
//	output of the script
//	error: command failed to execute correctly
//
// The other errors of this kind are about scripts that were killed, or could not be run.
func failedScripts(out string) map[string]string {
	at := operationLine()
	found := map[string]string{}
	name, said := "", ""
	for line := range strings.Lines(out) {
		line = strings.TrimRight(tool.LastOverwrite(strings.TrimRight(line, "\n")), " ")
		m := at.FindStringSubmatch(line)
		switch {
		case m != nil:
			name, said = m[1], ""
		case name != "" && isScriptError(line):
			found[name] = strings.TrimSpace(said + line)
		default:
			said += line + "\n"
		}
	}
	return found
}

// operationLine matches the line that pacman prints before it changes a package.
func operationLine() *regexp.Regexp {
	return regexp.MustCompile(`^(?:\(\d+/\d+\) )?(?:installing|upgrading|reinstalling|downgrading|removing) (\S+?)(?:\.\.\.)?$`)
}

// isScriptError reports whether a line is an error of libalpm about a command that it has run, or could not run.
func isScriptError(line string) bool {
	for _, start := range []string{
		"command failed to execute correctly", "command terminated by signal ", "could not create temp directory",
		"could not copy tempfile to ", "could not create pipe ", "could not fork a new process ",
	} {
		if strings.HasPrefix(line, "error: "+start) {
			return true
		}
	}
	return false
}

// isFetchError reports whether pacman could not get a package file that its databases name: it is missing, or differs.
func isFetchError(out string) bool {
	return regexp.MustCompile(`(?m)^error: failed retrieving file '\S+\.pkg\.tar[^']*' |^error: failed to commit transaction \((?:failed to retrieve some files|invalid or corrupted package.*)\)`).MatchString(out)
}

// failedPackages returns the packages that made a whole transaction fail.
func failedPackages(out string) map[string]string {
	found := map[string]string{}
	conflict := regexp.MustCompile(`^(\S+): (/.*exists in filesystem.*|/.*exists in .*)$`)
	signature := regexp.MustCompile(`^error: (\S+): (.*(?:signature|key).*)$`)
	fetch := regexp.MustCompile(`^error: failed retrieving file '(\S+)-[^-]+-[^-]+-[^-]+\.pkg\.tar[^']*' (.*)$`)
	target := regexp.MustCompile(`^/.* exists in both '(\S+)' and '(\S+)'$`)
	both := regexp.MustCompile(`^:: (\S+) and (\S+) are in conflict(.*)$`)
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		if m := target.FindStringSubmatch(line); m != nil {
			for _, name := range m[1:] {
				if found[name] == "" {
					found[name] = line
				}
			}
			continue
		}
		for _, re := range []*regexp.Regexp{conflict, signature, fetch, both} {
			if m := re.FindStringSubmatch(line); m != nil && !strings.HasPrefix(m[1], "error:") {
				if found[m[1]] != "" {
					break
				}
				found[m[1]] = strings.TrimPrefix(line, "error: ")
			}
		}
	}
	return found
}
