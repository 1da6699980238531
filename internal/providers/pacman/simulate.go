package pacman

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"converge/internal/providers/packages"
)

// plan is a request in pacman's terms, with what it does.
type plan struct {
	targets []string // of -S: REPOSITORY/NAME or NAME
	files   []string // of -U
	remove  []string // of -R: the words' and what depends on them
	replace bool     // -S or -U removes what conflicts

	ops    []packages.Operation
	failed map[int]error
}

// Simulate implements [packages.Solver].
func (m solver) Simulate(ctx context.Context, r packages.Request) (packages.Solution, error) {
	p, err := m.makePlan(ctx, r)
	if err != nil {
		return packages.Solution{}, err
	}
	if len(p.failed) > 0 {
		return packages.Solution{Failed: p.failed}, nil
	}
	return packages.Solution{Operations: p.ops}, nil
}

func (m solver) makePlan(ctx context.Context, r packages.Request) (*plan, error) {
	installed, half, err := m.readLocal(ctx)
	if err != nil {
		return nil, err
	}
	if len(half) > 0 {
		return m.planWithHalf(ctx, r, installed, half)
	}
	offers, err := m.readSync(ctx)
	if err != nil {
		return nil, err
	}
	p := &plan{failed: map[int]error{}}
	for _, w := range r.Words {
		switch {
		case w.Remove:
		case w.File != "":
			p.files = append(p.files, w.File)
		case strings.HasPrefix(w.Source, "/"):
			p.files = append(p.files, w.Source)
		default:
			p.addTarget(m, w, offers)
		}
	}
	u := newUniverse(installed)
	if err := m.askInstalls(ctx, p, r, u, offers); err != nil || len(p.failed) > 0 {
		return p, err
	}
	p.addRemovals(r, u)
	p.markRefused(r, u)
	return p, nil
}

// addTarget has a word be one of a repository, or of the cache where no repository has
// that version any more.
func (p *plan) addTarget(m solver, w packages.Word, offers []entry) {
	if w.Version == "" {
		p.targets = append(p.targets, w.Name)
		return
	}
	for i := range offers {
		e := &offers[i]
		if e.name == w.Name && e.version == w.Version && (w.Source == "" || w.Source == e.repo) {
			p.targets = append(p.targets, e.repo+"/"+w.Name)
			return
		}
	}
	for _, o := range m.readCache() {
		if o.Name == w.Name && o.Version == w.Version {
			p.files = append(p.files, o.Source)
			return
		}
	}
	p.targets = append(p.targets, w.Name+"="+w.Version) // pacman says what is wrong with it
}

// askInstalls asks pacman what it would install.
func (m solver) askInstalls(ctx context.Context, p *plan, r packages.Request, u *universe, offers []entry) error {
	for _, ask := range []struct {
		verb    string
		targets []string
	}{{"-S", p.targets}, {"-U", p.files}} {
		if len(ask.targets) == 0 {
			continue
		}
		args := []string{ask.verb, "--print", "--print-format", "%r %n %v", "--noconfirm", "--"}
		res, err := m.ask(ctx, append(args, ask.targets...)...)
		if err != nil {
			return err
		}
		if res.Status != 0 {
			p.markFailed(r, res.Stdout+"\n"+res.Stderr)
			if len(p.failed) == 0 {
				return failure(res)
			}
			return nil
		}
		for line := range strings.Lines(res.Stdout) {
			if f := strings.Fields(line); len(f) == 3 {
				p.addInstall(u, offers, f[0], f[1], f[2])
			}
		}
	}
	return nil
}

// addInstall takes in a package that pacman would install.
func (p *plan) addInstall(u *universe, offers []entry, repo, name, version string) {
	if slices.ContainsFunc(p.ops, func(o packages.Operation) bool { return o.Name == name }) {
		return
	}
	o := packages.Operation{Name: name, New: version}
	if was, ok := u.was[name]; ok {
		o.Old = was.version
	}
	p.ops = append(p.ops, o)
	e := &entry{name: name, version: version}
	for i := range offers {
		if offers[i].name == name && offers[i].version == version && (offers[i].repo == repo || e.repo == "") {
			e = &offers[i]
		}
	}
	if was, ok := u.was[name]; ok && e.repo == "" { // a file: what it says of others is seen when it is installed
		e.provides, e.depends, e.conflicts = was.provides, was.depends, was.conflicts
	}
	u.add(e)
}

// addRemovals adds what conflicts with the new packages, what the words remove, and what
// depends on that.
func (p *plan) addRemovals(r packages.Request, u *universe) {
	var names []string
	for _, w := range r.Words {
		if _, there := u.now[w.Name]; w.Remove && there {
			names = append(names, w.Name)
		}
	}
	for _, e := range u.conflicting() {
		p.replace = true
		p.ops = append(p.ops, packages.Operation{Name: e.name, Old: e.version})
		delete(u.now, e.name)
		names = slices.DeleteFunc(names, func(name string) bool { return name == e.name })
	}
	for _, e := range u.cascade(names) {
		p.remove = append(p.remove, e.name)
		p.ops = append(p.ops, packages.Operation{Name: e.name, Old: e.version})
	}
}

// markRefused marks the words whose packages replace others that are still needed: pacman
// refuses that.
func (p *plan) markRefused(r packages.Request, u *universe) {
	if !p.replace {
		return
	}
	why := u.whyNot()
	if why == nil {
		return
	}
	for i, w := range r.Words {
		if w.Remove {
			continue
		}
		alone := newUniverse(nil)
		for name, e := range u.was {
			alone.was[name], alone.now[name] = e, e
		}
		for _, e := range u.added {
			if e.name == w.Name {
				alone.add(e)
			}
		}
		if len(alone.conflicting()) > 0 {
			p.failed[i] = why
		}
	}
}

// markFailed marks the words that pacman names in its refusal.
func (p *plan) markFailed(r packages.Request, out string) {
	named := regexp.MustCompile(`error: target not found: (\S+)|unable to satisfy dependency '([^']+)' required by (\S+)|installing (\S+) \(\S+\) breaks dependency '([^']+)' required by (\S+)|error: '([^']+)': (.*)`)
	for line := range strings.Lines(out) {
		m := named.FindStringSubmatch(strings.TrimSpace(line))
		switch {
		case m == nil:
		case m[1] != "":
			p.fail(r, m[1], "it is in none of the package sources")
		case m[3] != "":
			p.fail(r, m[3], fmt.Sprintf("nothing is offered that it depends on: %s", m[2]))
		case m[4] != "":
			p.fail(r, m[4], fmt.Sprintf("its new version breaks %s, which depends on %s", m[6], m[5]))
		case m[7] != "":
			p.fail(r, m[7], m[8])
		}
	}
}

func (p *plan) fail(r packages.Request, target, why string) {
	name := target[strings.IndexByte(target, '/')+1:]
	name, _, _ = strings.Cut(name, "=")
	for i, w := range r.Words {
		if w.Name == name || w.File != "" && w.File == target || w.Source == target {
			p.failed[i] = errors.New(why)
		}
	}
}

// isCached reports whether pacman's cache has the version that a word asks for.
func (m index) isCached(w packages.Word) bool {
	return slices.ContainsFunc(m.readCache(), func(o packages.Offer) bool { return o.Name == w.Name && o.Version == w.Version })
}

// planWithHalf plans while packages are there without their descriptions, which pacman
// refuses to go on with: by the names alone. Commit describes them first, and asks pacman.
func (m solver) planWithHalf(ctx context.Context, r packages.Request, installed []entry, half []string) (*plan, error) {
	offers, err := m.readSync(ctx)
	if err != nil {
		return nil, err
	}
	p := &plan{failed: map[int]error{}}
	for _, dir := range half {
		name, v := splitName(dir)
		installed = append(installed, entry{name: name, version: v, half: true})
	}
	u := newUniverse(installed)
	for i, w := range r.Words {
		if w.Remove {
			continue
		}
		at := slices.IndexFunc(offers, func(e entry) bool { return e.name == w.Name && (w.Version == "" || w.Version == e.version) })
		if at < 0 && w.File == "" && !m.isCached(w) {
			p.failed[i] = errors.New("it is in none of the package sources")
			continue
		}
		v := w.Version
		if at >= 0 {
			v = offers[at].version
		}
		p.addInstall(u, offers, "", w.Name, v)
	}
	p.addRemovals(r, u)
	return p, nil
}
