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

// plan is a request in pacman's terms, with its effects.
type plan struct {
	fetched install  // -S
	files   install  // -U
	remove  []string // of -R: those of the words and their dependents

	ops    []packages.Operation
	failed map[int]error
}

// install is a call of pacman that installs packages.
type install struct {
	targets  []string // REPOSITORY/NAME, NAME, or a file
	replaced []string // installed packages that it removes, because they conflict with the new ones
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
	local, err := m.readLocal(ctx)
	if err != nil {
		return nil, err
	}
	if len(local.half) > 0 {
		return m.planWithHalf(ctx, r, local)
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
			p.files.targets = append(p.files.targets, w.File)
		case strings.HasPrefix(w.Source, "/"):
			p.files.targets = append(p.files.targets, w.Source)
		default:
			if err := p.addTarget(m, w, offers); err != nil {
				return nil, err
			}
		}
	}
	u := newUniverse(local.entries)
	if err := m.askInstalls(ctx, p, r, u, offers); err != nil || len(p.failed) > 0 {
		return p, err
	}
	p.addRemovals(r, u)
	p.markRefused(r, u)
	return p, nil
}

// addTarget makes a word one of a repository or, if no repository has that version any more, of the cache.
func (p *plan) addTarget(m solver, w packages.Word, offers []entry) error {
	if w.Version == "" {
		p.fetched.targets = append(p.fetched.targets, w.Name)
		return nil
	}
	for i := range offers {
		e := &offers[i]
		if e.name == w.Name && e.version == w.Version && (w.Source == "" || w.Source == e.repo) {
			p.fetched.targets = append(p.fetched.targets, e.repo+"/"+w.Name)
			return nil
		}
	}
	cached, err := m.readCache()
	if err != nil {
		return err
	}
	for _, o := range cached {
		if o.Name == w.Name && o.Version == w.Version {
			p.files.targets = append(p.files.targets, o.Source)
			return nil
		}
	}
	p.fetched.targets = append(p.fetched.targets, w.Name+"="+w.Version) // pacman reports the problem
	return nil
}

// askInstalls gets from pacman what it would install.
func (m solver) askInstalls(ctx context.Context, p *plan, r packages.Request, u *universe, offers []entry) error {
	for _, ask := range []struct {
		verb string
		*install
	}{{"-S", &p.fetched}, {"-U", &p.files}} {
		if len(ask.targets) == 0 {
			continue
		}
		args := []string{ask.verb, "--print", "--print-format", answerForm, "--noconfirm", "--"}
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
		answer, err := parseAnswer(res.Stdout)
		if err != nil {
			return err
		}
		if ask.verb == "-U" {
			if offers, err = m.withFiles(ctx, offers, ask.targets); err != nil {
				return err
			}
		}
		if err := p.addInstalls(r, u, ask.install, answer, offers); err != nil {
			return err
		}
	}
	return nil
}

// answerForm is the form of pacman's answer (--print-format); the first word distinguishes these lines from others.
const answerForm = "converge\t%r\t%n\t%v"

// parseAnswer parses the list of packages that pacman would install. An empty list is an error: pacman also lists
// targets that are already installed.
func parseAnswer(out string) (list []entry, err error) {
	for line := range strings.Lines(out) {
		_, fields, ok := strings.Cut(strings.TrimRight(line, "\n"), "converge\t")
		if !ok {
			continue
		}
		f := strings.Split(fields, "\t")
		if len(f) != 3 || f[1] == "" || f[2] == "" {
			return nil, fmt.Errorf("pacman answers in an unknown form: %.80q", line)
		}
		list = append(list, entry{repo: f[0], name: f[1], version: f[2]})
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("pacman answers in an unknown form: %.80q", out)
	}
	return list, nil
}

// withFiles adds the packages in package files to the offers.
func (m solver) withFiles(ctx context.Context, offers []entry, files []string) ([]entry, error) {
	all := make([]entry, 0, len(files)+len(offers))
	for _, file := range files {
		e, err := m.readPackageFile(ctx, file)
		if err != nil {
			return nil, fmt.Errorf("cannot read package file %q: %w", file, err)
		}
		all = append(all, e)
	}
	return append(all, offers...), nil
}

// addInstalls adds the packages that a call would install to the plan, and those that it would remove for them.
// Finding the latter needs the descriptions of the packages in offers.
func (p *plan) addInstalls(r packages.Request, u *universe, call *install, answer, offers []entry) error {
	var added []*entry
	for _, a := range answer {
		if slices.ContainsFunc(p.ops, func(o packages.Operation) bool { return o.Name == a.name }) {
			continue
		}
		e := findOffer(offers, a)
		if e == nil {
			return fmt.Errorf("pacman would install %s %s, which no database of a repository has", a.name, a.version)
		}
		p.addInstall(u, e)
		added = append(added, e)
	}
	for _, e := range added {
		for _, rival := range u.rivals(e, added) {
			if slices.Contains(u.added, rival) {
				p.fail(r, e.name, fmt.Sprintf("it conflicts with %s, which is to be installed too", rival.name))
				continue
			}
			call.replaced = append(call.replaced, rival.name)
			p.ops = append(p.ops, packages.Operation{Name: rival.name, Old: rival.version})
			delete(u.now, rival.name)
		}
	}
	return nil
}

// findOffer finds a package of an answer: a file, or a package of the repository that it names.
func findOffer(offers []entry, a entry) *entry {
	var found *entry
	for i := range offers {
		e := &offers[i]
		if e.name == a.name && e.version == a.version && (found == nil || e.repo == a.repo && found.repo != "") {
			found = e
		}
	}
	return found
}

// addInstall adds a package that is to be installed.
func (p *plan) addInstall(u *universe, e *entry) {
	o := packages.Operation{Name: e.name, New: e.version}
	if was, ok := u.was[e.name]; ok {
		o.Old = was.version
	}
	p.ops = append(p.ops, o)
	u.add(e)
}

// addRemovals adds the packages that the words remove, and their dependents.
func (p *plan) addRemovals(r packages.Request, u *universe) {
	var names []string
	for _, w := range r.Words {
		if _, there := u.now[w.Name]; w.Remove && there {
			names = append(names, w.Name)
		}
	}
	for _, e := range u.cascade(names) {
		p.remove = append(p.remove, e.name)
		p.ops = append(p.ops, packages.Operation{Name: e.name, Old: e.version})
	}
}

// markRefused marks the words whose packages replace others that are still needed: pacman refuses that.
func (p *plan) markRefused(r packages.Request, u *universe) {
	if len(p.fetched.replaced)+len(p.files.replaced) == 0 {
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
		for _, e := range u.added {
			if e.name == w.Name && len(newUniverseOf(u.was).rivals(e, nil)) > 0 {
				p.failed[i] = why
			}
		}
	}
}

// markFailed marks the words that pacman's error names.
func (p *plan) markFailed(r packages.Request, out string) {
	named := regexp.MustCompile(`error: target not found: (\S+)|unable to satisfy dependency '([^']+)' required by (\S+)|installing (\S+) \(\S+\) breaks dependency '([^']+)' required by (\S+)|error: '([^']+)': (.*)`)
	var before []string // errors without a package: the causes of the next one
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		m := named.FindStringSubmatch(line)
		switch {
		case m == nil:
			if msg, ok := strings.CutPrefix(line, "error: "); ok {
				before = append(before, msg)
			}
		case m[1] != "":
			p.fail(r, m[1], "it is in none of the package sources")
		case m[3] != "":
			p.fail(r, m[3], fmt.Sprintf("nothing is offered that it depends on: %s", m[2]))
		case m[4] != "":
			p.fail(r, m[4], fmt.Sprintf("its new version breaks %s, which depends on %s", m[6], m[5]))
		case m[7] != "":
			if m[8] != "unexpected error" || len(before) == 0 {
				before = append(before, m[8])
			}
			p.fail(r, m[7], strings.Join(before, "; "))
			before = nil
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

// planWithHalf plans while installed packages lack their descriptions, with which pacman refuses to continue: by the
// names alone. Commit describes them first, and asks pacman.
func (m solver) planWithHalf(ctx context.Context, r packages.Request, local local) (*plan, error) {
	offers, err := m.readSync(ctx)
	if err != nil {
		return nil, err
	}
	cached, err := m.readCache()
	if err != nil {
		return nil, err
	}
	p := &plan{failed: map[int]error{}}
	installed := local.entries
	for _, dir := range local.half {
		name, v := splitName(dir)
		installed = append(installed, entry{name: name, version: v, half: true})
	}
	u := newUniverse(installed)
	for i, w := range r.Words {
		if w.Remove {
			continue
		}
		at := slices.IndexFunc(offers, func(e entry) bool { return e.name == w.Name && (w.Version == "" || w.Version == e.version) })
		isCached := slices.ContainsFunc(cached, func(o packages.Offer) bool { return o.Name == w.Name && o.Version == w.Version })
		switch {
		case at >= 0:
			p.addInstall(u, &offers[at])
		case w.File != "" || isCached:
			p.addInstall(u, &entry{name: w.Name, version: w.Version})
		default:
			p.failed[i] = errors.New("it is in none of the package sources")
		}
	}
	p.addRemovals(r, u)
	return p, nil
}
