package dnf

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strings"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/tool"
	"converge/internal/providers/rpm"
)

// Commit implements [packages.Solver]. It uses the index of the cache, like Simulate, so that both find one solution.
func (s solver) Commit(ctx context.Context, r packages.Request) error {
	if err := s.rpm.FinishUpgrades(ctx, s.locks(), r.Words); err != nil {
		return err
	}
	sc, err := s.newScript(ctx, r)
	if err != nil {
		return err
	}
	for i, err := range sc.failed {
		return fmt.Errorf("cannot change %s: %w", r.Words[i].Name, err)
	}
	if err := s.chooseWeak(ctx, sc); err != nil {
		return err
	}
	if len(sc.lines) == 0 {
		return nil
	}
	res, err := s.run(ctx, sc, r.Record)
	if err != nil {
		return err
	}
	s.marks.learn(s.machine, res.Stdout)
	return errors.Join(s.judge(sc, res), s.markWeak(context.WithoutCancel(ctx), sc))
}

func (s solver) run(ctx context.Context, sc *script, record string) (tool.Result, error) {
	// The index must be the one of the solution, however old; -C would also keep dnf from fetching packages.
	argv := s.argv(append(append([]string{"-y", "--setopt=*.metadata_expire=-1"}, sc.options...), "shell")...)
	return s.RunLocked(ctx, s.locks(), lostRace, tool.Command{
		Argv: argv, Stdin: sc.text("run\n" + reasonsLine), Line: s.progressLine(), Keep: true, Record: record,
	})
}

// failedScripts reads from dnf's output which packages' scripts have failed.
func failedScripts(out string) map[string]string { return rpm.FailedScripts(out, isOwnLine) }

// judge finds out by the output how the transaction has ended.
func (s solver) judge(sc *script, res tool.Result) error {
	for _, kept := range rpm.ParseKeptFiles(res.Stdout) {
		s.SendNotice("%s was changed on this machine and stays; the package's file is %s", kept[0], kept[1])
	}
	failed, scripts := map[string]string{}, map[string]string{}
	for _, f := range rpm.ParseScriptFailures(res.Stdout, isOwnLine) {
		if f.Fatal {
			failed[f.Package] = f.Text()
		} else {
			scripts[f.Package] = f.Text()
		}
	}
	var scriptErr error
	if len(scripts) > 0 {
		scriptErr = &packages.ScriptError{Packages: scripts}
	}
	if res.Status == 0 && endsWell(res.Stdout) {
		return scriptErr
	}
	err := fmt.Errorf("dnf failed: %s%s", firstError(res), tool.Indent(tool.LastLines(withoutShell(res.Stdout), tool.ShownLines)))
	maps.Copy(failed, failedPackages(res.Stdout))
	if sc.findFailures(res) == nil {
		for i, why := range sc.failed {
			failed[sc.request.Words[i].Name] = why.Error()
		}
	}
	if isFetchError(res.Stdout + "\n" + res.Stderr) {
		err = &packages.FetchError{Err: err}
	}
	if len(failed) > 0 {
		err = &packages.PackagesError{Err: err, Packages: failed}
	}
	return errors.Join(err, scriptErr)
}

// failedPackages are the packages in dnf's errors, and what it prints of them:
//
//	  file /opt/x from install of b-1.0-1.noarch conflicts with file from package a-1.0-1.noarch
//	Package "p02-1.0-1.noarch" from local repository "fix" has incorrect checksum
//	Public key for p05-1.0-1.noarch.rpm is not installed
//	Package p05-1.0-1.noarch.rpm is not signed
//	Error unpacking rpm package p05-1.0-1.noarch
func failedPackages(out string) map[string]string {
	found := map[string]string{}
	forms := []*regexp.Regexp{
		regexp.MustCompile(`^file /.* (?:from install of|conflicts between attempted installs of) (\S+) (?:conflicts with|and) `),
		regexp.MustCompile(`^Package "(\S+)" from local repository .* has incorrect checksum`),
		regexp.MustCompile(`^(?:Public key for|Package) (\S+)\.rpm is not (?:installed|signed)`),
		regexp.MustCompile(`^Error (?:unpacking rpm package|in cpio payload of rpm package) (\S+)`),
	}
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(plainLine(line))
		for _, re := range forms {
			if m := re.FindStringSubmatch(line); m != nil {
				found[rpm.NameOf(m[1])] = line
			}
		}
	}
	return found
}

// isFetchError reports whether dnf could not get a package file that its index names: it is missing, or differs. It
// installs nothing then, so that no script prints anything.
func isFetchError(out string) bool {
	for line := range strings.Lines(out) {
		switch line = plainLine(line); {
		case line == beginning:
			return false
		case strings.Contains(line, "Error downloading packages"), strings.Contains(line, "from local repository have incorrect checksum"):
			return true
		}
	}
	return false
}

// endsWell reports whether the shell has run a whole transaction and met no error. Once the
// transaction has begun, scripts of packages print lines too, so that dnf's last word
// counts.
func endsWell(out string) bool {
	complete, begun := false, false
	for line := range strings.Lines(out) {
		line = plainLine(line)
		_, isError := errorOf(line)
		switch {
		case line == beginning:
			begun = true
		case isError && !begun:
			return false
		case isError:
			complete = false
		case line == "Complete!" || line == "Nothing to do.":
			complete = true
		}
	}
	return complete
}

// isOwnLine reports whether a line of the transaction is dnf's own and not of a
// package's script.
func isOwnLine(line string) bool {
	trimmed := strings.TrimSpace(line)
	for _, start := range []string{"Running scriptlet", "Installing ", "Upgrading ", "Downgrading ", "Reinstalling ", "Erasing ", "Cleanup ", "Obsoleting ", "Verifying ", "Preparing ", "Running transaction", "Error in "} {
		if strings.HasPrefix(trimmed, start) {
			return true
		}
	}
	return false
}

// progressLine passes on the lines of dnf that announce its steps.
func (m *machine) progressLine() func(string) {
	return func(line string) {
		line = strings.TrimSpace(line)
		for _, start := range []string{"Installing ", "Upgrading ", "Downgrading ", "Reinstalling ", "Erasing ", "Running scriptlet"} {
			if what, package_, ok := strings.Cut(line, ":"); ok && strings.HasPrefix(line, start) {
				if f := strings.Fields(package_); len(f) > 0 {
					m.ReportProgress("%s %s", strings.TrimSpace(what), f[0])
				}
				return
			}
		}
	}
}
