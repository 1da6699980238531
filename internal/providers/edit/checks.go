package edit

import (
	"context"
	"slices"

	"converge/internal/process"
	"converge/internal/resource"
	"converge/internal/verify"
	"converge/resources"
)

// checks lists the checks that parts of the set name, each once. All parts of a file are
// one candidate, so that each check is about all of them.
func (s *set) checks() (out []verify.Check) {
	for _, m := range s.members {
		words := m.want.Verify.Value
		if len(words) == 0 || slices.ContainsFunc(out, func(c verify.Check) bool { return slices.Equal(c.Argv, words) }) {
			continue
		}
		out = append(out, verify.Check{Argv: words, Path: s.src.path, Verb: "edit", Secret: s.whySecret(), Strict: resources.MayLockOut(s.src.path)})
	}
	return out
}

// isSensitive reports whether a part is sensitive. One of which only the record is secret lies
// in a file with such a part, and is none itself.
func isSensitive(c resource.Change, w *part) bool {
	for name, secret := range c.Secret {
		if secret && name != "was" {
			return true
		}
	}
	return w.Sensitive.Value
}

// whySecret is why nothing that is printed of the file is shown; "": it is shown.
func (s *set) whySecret() string {
	if slices.ContainsFunc(s.members, func(m member) bool { return m.secret }) {
		return "a part is sensitive"
	}
	return ""
}

// checksOfSet are those of the checks that see all files which are written together.
func (s *set) checksOfSet() []verify.Check {
	return slices.DeleteFunc(s.checks(), verify.Check.NamesPath)
}

// candidates shows and checks the candidates of files.
type candidates struct{ *Provider }

// checkCandidate runs the checks that are about the candidate of this file alone.
func (p candidates) checkCandidate(ctx context.Context, s *set, candidate string) error {
	for _, c := range s.checks() {
		if !c.NamesPath() {
			continue
		}
		if err := p.Checks.CheckFile(ctx, c, candidate); err != nil {
			return err
		}
	}
	return nil
}

// forecastSet forecasts the check of the set that a change names.
func (p candidates) forecastSet(ctx context.Context, c resource.Change, w *part, src *source, o resource.Outlook) verify.Verdict {
	if len(w.Verify.Value) == 0 || verify.NamesPath(w.Verify.Value) {
		return verify.Verdict{}
	}
	check := verify.Check{Argv: w.Verify.Value, Path: src.path, Verb: "edit", Strict: resources.MayLockOut(src.path)}
	if isSensitive(c, w) {
		check.Secret = "a part is sensitive"
	}
	return p.Checks.Forecast(ctx, check, p.Provider, o)
}

// show implements [verify.Shown].
func (p candidates) show(ctx context.Context, cs []resource.Change) (overlay []process.Overlaid, whole bool) {
	sets, bad := p.sets(ctx, cs)
	whole = len(bad) == 0
	for _, s := range sets {
		if s.src.missing && !s.members[0].want.Create.Value {
			whole = false // something before it may bring it
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
	if s.whySecret() != "" {
		return 0o600
	}
	return 0o644
}
