package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"converge/internal/fsys"
	"converge/internal/stow/farm"
)

// Content is the part of one package that a generation shows.
type Content struct {
	Version string // the disk name; "" none
	Holder  string // the text of :managed-by; "" none
	Config  bool   // it shows :config
}

// Content reads what a generation shows of each package with state in it.
func (l Location) Content() (map[string]Content, error) {
	names, err := l.StatedPackages()
	if err != nil {
		return nil, err
	}
	all := map[string]Content{}
	for _, foo := range names {
		st, err := l.state(foo)
		if err != nil {
			return nil, err
		}
		was, err := st.read()
		if err == nil {
			var text string
			text, err = st.link(Config)
			all[foo] = Content{was.Installed, was.Holder, text != ""}
		}
		st.close()
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

var errNaive = errors.New("a generation is made of versions: naive packages have none")

// ChangeContent computes what a generation shows after changes, with the same checks of holders as any change: have is
// the content before, and dir the path of the directory that will show the result. Settings.Guard may refuse it.
func (s *Store) ChangeContent(ctx context.Context, have map[string]Content, changes []Change, dir string, o Options) (map[string]Content, error) {
	r := s.newResolver(s.Location, o)
	for foo := range have {
		r.known[foo] = true
	}
	requests, err := r.collectRequests(changes)
	if err != nil {
		return nil, err
	}
	want := maps.Clone(have)
	for _, q := range requests {
		if q.naive && !slices.ContainsFunc(q.changes, func(c Change) bool { return c.Action != Unstow }) {
			continue // a package that is not shown is unstowed already
		}
		if q.naive {
			return nil, fmt.Errorf("cannot stow %s: %w", q.foo, errNaive)
		}
		had := want[q.foo]
		j := &job{foo: q.foo, state: s.viewState(dir, q.foo), was: Record{Installed: had.Version, Holder: had.Holder}}
		if err := r.resolveJob(j, q); err != nil {
			return nil, err
		}
		will := had
		will.Holder = j.nextHolder()
		if q.config {
			will.Config = !j.goal.Nothing
		} else {
			will.Version = j.goal.Version
		}
		if had != will {
			want[q.foo] = will
		}
	}
	return want, s.guardContent(ctx, have, want)
}

// guardContent asks Settings.Guard about the switches between two contents. want contains every package of have.
func (s *Store) guardContent(ctx context.Context, have, want map[string]Content) error {
	var switches []Switch
	shown := map[string]string{}
	for _, foo := range sortedKeys(want) {
		shown[foo] = want[foo].Version
		switches = addSwitch(switches, foo, have[foo].Version, want[foo].Version)
	}
	return s.guardSwitches(ctx, switches, func() (map[string]string, error) { return shown, nil })
}

// Fill links all of a content into an empty directory of a view, and writes its state there. Meanwhile no version of its
// packages can be removed. The caller holds the lock of the view.
func (s *Store) Fill(ctx context.Context, dir *fsys.Dir, content map[string]Content, view string) error {
	c := s.newCommand(s.LocationAt(dir), Options{})
	defer c.close()
	c.planner.view, c.writer.view = view, view
	var q farm.Request
	for _, foo := range sortedKeys(content) {
		shown := content[foo]
		c.resolve.known[foo] = true
		if err := c.locks.lockPackage(ctx, foo, false); err != nil {
			return err
		}
		if shown.Version != "" {
			q.Stow = append(q.Stow, imageOf(c.resolve.stow, foo, shown.Version))
		}
		if shown.Config {
			q.Stow = append(q.Stow, imageOf(c.resolve.stow, foo, Config))
		}
	}
	p, err := c.planner.planJobs(ctx, q, nil)
	if err != nil {
		return err
	}
	if err := p.asConflict(); err != nil {
		return err
	}
	for _, foo := range sortedKeys(content) {
		st := c.resolve.viewState(dir.Path(), foo)
		if err := c.writer.writeContent(st, foo, content[foo]); err != nil {
			return err
		}
	}
	if len(p.Ops) > 0 {
		return s.cfg.Execute.Run(ctx, dir, p.Ops)
	}
	return c.writer.Sync(dir)
}
