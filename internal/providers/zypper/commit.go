package zypper

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
	"converge/internal/providers/rpm"
)

// Commit implements [packages.Solver].
func (s solver) Commit(ctx context.Context, r packages.Request) error {
	if err := s.rpm.FinishUpgrades(ctx, s.locks(), r.Words); err != nil {
		return err
	}
	sc, err := s.newScript(ctx, r)
	if err != nil {
		return err
	}
	defer func() { sc.done() }()
	if err := s.releaseNamed(sc); err != nil {
		return err
	}
	if len(sc.failed) == 0 {
		err = s.chooseWeak(ctx, sc)
	}
	if err != nil {
		return err
	}
	for i, err := range sc.failed {
		return fmt.Errorf("cannot change %s: %w", r.Words[i].Name, err)
	}
	if len(sc.words) == 0 {
		return nil
	}
	res, err := s.RunLocked(ctx, s.locks(), lostRace, tool.Command{Argv: s.scriptArgv(sc), Line: s.progressLine(), Keep: true, Record: r.Record})
	if err != nil {
		return err
	}
	return errors.Join(s.judge(sc, res), s.markWeak(context.WithoutCancel(ctx), sc))
}

// failedScripts returns the packages whose scripts failed, according to zypper's output.
func failedScripts(out string) map[string]string {
	return rpm.FailedScripts(readAnswer(out).messages, isOwnLine)
}

// judge determines how the transaction ended.
func (s solver) judge(sc *script, res tool.Result) error {
	a := readAnswer(res.Stdout)
	for _, kept := range rpm.ParseKeptFiles(a.messages) {
		s.SendNotice("%s was changed on this machine and stays; the package's file is %s", kept[0], kept[1])
	}
	failed, scripts := map[string]string{}, map[string]string{}
	for _, f := range rpm.ParseScriptFailures(a.messages, isOwnLine) {
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
	if isDone(res.Status) || res.Status == statusScriptFailed && scriptErr != nil {
		return errors.Join(a.err, scriptErr) // the database shows what happened to the packages
	}
	err := fmt.Errorf("zypper failed: %s", a.firstError(res))
	if sc.findFailures(a) == nil {
		for i, why := range sc.failed {
			failed[sc.request.Words[i].Name] = why.Error()
		}
	}
	for name, why := range failedPackages(a.errors) {
		if failed[name] == "" {
			failed[name] = why
		}
	}
	maps.Copy(failed, a.thieves)
	if isFetchError(a.errors) {
		err = &packages.FetchError{Err: err}
	}
	if len(failed) > 0 {
		err = &packages.PackagesError{Err: err, Packages: failed}
	}
	return errors.Join(err, scriptErr)
}

// failedPackages returns the packages in zypper's errors, and the text of each error:
//
//	Installation of failpre-1.0-1.noarch failed:
//	Removal of (28)failpreun-1.0-1.noarch(@System) failed:
//	p05-1.0-1.noarch (Plain RPM files cache): Signature verification failed [6-File is unsigned]
//	File './noarch/p05-1.0-1.noarch.rpm' not found on medium 'file:///srv/r'
func failedPackages(texts []string) map[string]string {
	found := map[string]string{}
	forms := []*regexp.Regexp{
		regexp.MustCompile(`^(?:Installation|Removal) of (?:\(\d+\))?([^\s()]+)(?:\(.*\))? failed:`),
		regexp.MustCompile(`^(\S+) \(.*\): Signature verification failed`),
		regexp.MustCompile(`^Failed to (?:provide|download|cache) Package (\S+)`),
		regexp.MustCompile(`^File '(?:\S*/)?([^/\s]+)\.rpm' not found`),
	}
	for _, text := range texts {
		first, _, _ := strings.Cut(text, "\n")
		for _, re := range forms {
			if m := re.FindStringSubmatch(first); m != nil {
				found[rpm.NameOf(m[1])] = text
			}
		}
	}
	return found
}

// isFetchError reports whether zypper could not fetch a package file that its index lists: the file is missing or
// differs.
func isFetchError(texts []string) bool {
	form := regexp.MustCompile(`^(?:File '\S+\.rpm' not found|Failed to (?:provide|download|cache) Package |` +
		`Digest verification failed for |Package \S+ \(.*\) seems to be corrupted |(?:Location|Download \(curl\) error for) '\S+\.rpm')`)
	return slices.ContainsFunc(texts, form.MatchString)
}

// isOwnLine reports whether a line comes from zypper, or from Debian's rpm about itself, rather than from a package's
// script.
func isOwnLine(line string) bool {
	for _, start := range []string{"Additional rpm output:", "Installation of ", "Removal of ", "Retrieving package ", "rpm: "} {
		if strings.HasPrefix(line, start) {
			return true
		}
	}
	return false
}

// progressLine reports each package that zypper begins with.
func (m *machine) progressLine() func(string) {
	begins := regexp.MustCompile(`^<progress id="(?:install|remove)-resolvable" name="\(\d+/\d+\) ([^"]+)"/>$`)
	return func(line string) {
		if found := begins.FindStringSubmatch(strings.TrimSpace(line)); found != nil {
			m.ReportProgress("%s", strings.ReplaceAll(found[1], ":", ""))
		}
	}
}
