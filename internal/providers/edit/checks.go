package edit

import (
	"cmp"
	"context"
	"slices"

	"converge/internal/process"
	"converge/internal/resource"
	"converge/internal/verify"
	"converge/resources"
)

// checks lists the checks that parts of the file name, each once. All parts of a file are one candidate, so that each
// check concerns all of them: unchanged or failed parts name it for the others, too.
func (s *set) checks() (out []verify.Check) {
	add := func(words []string, gone bool) {
		if len(words) > 0 && !slices.ContainsFunc(out, func(c verify.Check) bool { return slices.Equal(c.Argv, words) }) {
			out = append(out, verify.Check{Argv: words, Path: s.src.path, Verb: "edit", Secret: s.whySecret(), Strict: resources.MayLockOut(s.src.path), Absent: gone})
		}
	}
	for _, d := range s.declared {
		if !d.audited {
			add(d.want.Verify.Value, false)
		}
	}
	for _, m := range s.members {
		isDeclared := slices.ContainsFunc(s.declared, func(d declaredPart) bool { return d.addr == m.addr })
		add(m.want.Verify.Value, !isDeclared) // the program may have been removed with the last thing that needed it
	}
	return out
}

// isSensitive reports whether a part with these secret attributes is sensitive. A part with only a secret record is in
// a file with such a part, and is not sensitive itself.
func isSensitive(secrets map[string]bool, w *part) bool {
	for name, secret := range secrets {
		if secret && name != "was" {
			return true
		}
	}
	return w.Sensitive.Value
}

// whySecret is why no output about the file is shown; "": it is shown.
func (s *set) whySecret() string {
	if slices.ContainsFunc(s.members, func(m member) bool { return m.secret }) ||
		slices.ContainsFunc(s.declared, func(d declaredPart) bool { return d.secret }) {
		return otherSecret
	}
	return ""
}

// checksOfSet are the checks that see all files which are written together.
func (s *set) checksOfSet() []verify.Check {
	return slices.DeleteFunc(s.checks(), verify.Check.NamesPath)
}

// candidates shows and checks the candidates of files.
type candidates struct{ *Provider }

// checkCandidate runs the checks that are about the candidate of this file alone.
func (p candidates) checkCandidate(ctx context.Context, s *set, candidate string) (warnings []string, err error) {
	for _, c := range s.checks() {
		if !c.NamesPath() {
			continue
		}
		more, err := p.Checks.CheckFile(ctx, c, candidate)
		if warnings = append(warnings, more...); err != nil {
			return nil, err
		}
	}
	return warnings, nil
}

// forecastSet forecasts the checks of the set that parts of the file of a change name.
func (p candidates) forecastSet(ctx context.Context, c resource.Change, src *source, o resource.Outlook) (v verify.Verdict) {
	all := p.checksOf(ctx, c, src)
	checks := slices.DeleteFunc(slices.Clone(all), verify.Check.NamesPath)
	if len(checks) == 0 {
		v.Blocked = p.Checks.ForecastUnnamed(ctx, src.path, "edit", p.Provider, o)
	}
	if o.Pending == resource.KnownPending {
		for _, check := range all {
			v.Blocked = cmp.Or(v.Blocked, p.Checks.ForecastProgram(check))
		}
	}
	for _, check := range checks {
		one := p.Checks.Forecast(ctx, check, p.Provider, o)
		v.Blocked, v.Notes = cmp.Or(v.Blocked, one.Blocked), append(v.Notes, one.Notes...)
	}
	return v
}

// checksOf lists the checks that parts of the file of a change name.
func (p candidates) checksOf(ctx context.Context, c resource.Change, src *source) []verify.Check {
	p.mu.Lock()
	checks, known := p.checks[src.path]
	p.mu.Unlock()
	if !known { // it is not a change of the plan
		sets, _ := p.sets(ctx, []resource.Change{c})
		for _, s := range sets {
			checks = append(checks, s.checks()...)
		}
	}
	return checks
}

// show implements [verify.Shown].
func (p candidates) show(ctx context.Context, cs []resource.Change) (overlay []process.Overlaid, whole bool) {
	sets, bad := p.sets(ctx, cs)
	whole = len(bad) == 0
	for _, s := range sets {
		if s.src.missing && !s.members[0].want.Create.Value {
			whole = false // something before it may provide it
			continue
		}
		whole = len(s.build(p.where)) == 0 && whole
		e := process.Overlaid{Path: p.Checks.HostPath(s.src.path), Content: s.candidate, Perm: true, Mode: s.newMode()}
		if info, err := p.FS.Look(s.src.path); err == nil {
			e.Mode, e.UID, e.GID = info.Mode, info.UID, info.GID
		}
		if s.isGone() {
			e = process.Overlaid{Path: e.Path, Gone: true}
		}
		overlay = append(overlay, e)
	}
	return overlay, whole
}

// newMode is the mode of a file that is made.
func (s *set) newMode() uint32 {
	if past := s.pastFile(); past != nil {
		return past.Mode
	}
	if s.whySecret() != "" {
		return 0o600
	}
	return 0o644
}
