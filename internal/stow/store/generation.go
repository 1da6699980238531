package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"converge/internal/fsys"
	"converge/internal/stow/farm"
)

// The names in a view that has generations.
const (
	nameGenerations = ":gen"
	nameBuilding    = ":new"
	nameFlip        = ":current"
	nameCurrent     = "current"
)

// generation is the number of one.
type generation int

func (g generation) name() string { return strconv.Itoa(int(g)) }
func (g generation) path() string { return nameGenerations + "/" + g.name() }

// generations lists those of a view, oldest first.
func generations(view *fsys.Dir) ([]generation, error) {
	d, err := view.OpenDir(nameGenerations)
	if gone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer d.Close()
	entries, err := d.Entries()
	var out []generation
	for _, e := range entries {
		n, bad := strconv.Atoi(e.Name)
		if bad == nil && e.Type == fsys.Directory && n > 0 && strconv.Itoa(n) == e.Name {
			out = append(out, generation(n))
		}
	}
	slices.SortFunc(out, func(a, b generation) int { return cmp.Compare(a, b) })
	return out, err
}

// current is the generation that a view shows; 0 is none.
func current(view *fsys.Dir) (generation, error) {
	t, text, err := view.Look(nameCurrent)
	if err != nil || t == fsys.Nothing {
		return 0, err
	}
	n, bad := strconv.Atoi(text[min(len(text), len(nameGenerations)+1):])
	if g := generation(n); bad == nil && t == fsys.Symlink && g.path() == text {
		return g, nil
	}
	return 0, fmt.Errorf("cannot tell what %s/%s means: it is no link to a generation", view.Path(), nameCurrent)
}

// Generations lists the generations of the target, oldest first, and which one
// it shows; 0 is none.
func (s *Store) Generations() (all []int, now int, err error) {
	gens, err := generations(s.at.dir)
	if err != nil {
		return nil, 0, err
	}
	for _, g := range gens {
		all = append(all, int(g))
	}
	g, err := current(s.at.dir)
	return all, int(g), err
}

// errHome refuses generations where there cannot be any.
var errHome = &UsageError{Text: "the store's own target has no generations: name a view"}

// NewGeneration makes changes all at once: a whole new farm is made beside the
// one that is shown, and shown by one rename. VIEW/current leads to it. If
// nothing would change there is no new one, and its number is the old one's.
func (s *Store) NewGeneration(ctx context.Context, changes []Change, o Options) (int, Report, error) {
	if s.at.home {
		return 0, Report{}, errHome
	}
	view := s.at.dir
	if err := view.Lock(ctx, true, nil); err != nil {
		return 0, Report{}, err
	}
	defer func() { _ = view.Unlock() }()
	if err := s.mend(); err != nil {
		return 0, Report{}, err
	}
	now, err := current(view)
	if err != nil {
		return 0, Report{}, err
	}
	g := &growth{run: s.newRun(s.at, o), now: now, want: map[string]content{}}
	defer func() { g.close() }()
	return g.grow(ctx, changes)
}

// Show flips the view to another of its generations.
func (s *Store) Show(ctx context.Context, n int) error {
	if s.at.home {
		return errHome
	}
	if err := s.at.dir.Lock(ctx, true, nil); err != nil {
		return err
	}
	defer func() { _ = s.at.dir.Unlock() }()
	if err := s.mend(); err != nil {
		return err
	}
	gens, err := generations(s.at.dir)
	if err != nil {
		return err
	}
	if !slices.Contains(gens, generation(n)) {
		return &UsageError{Text: fmt.Sprintf("%s has no generation %d", s.at.dir.Path(), n)}
	}
	now, err := current(s.at.dir)
	if err != nil || now == generation(n) {
		return err
	}
	r := s.newRun(s.at, Options{})
	defer r.close()
	d, err := s.at.dir.OpenDir(nameGenerations)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := r.stageFlip(d, generation(n)); err != nil {
		return err
	}
	return r.flip(d)
}

// Rollback shows the generation before the one that is shown, and tells which.
func (s *Store) Rollback(ctx context.Context) (int, error) {
	all, now, err := s.Generations()
	if err != nil {
		return 0, err
	}
	before := 0
	for _, g := range all {
		if g < now {
			before = g
		}
	}
	if before == 0 {
		return 0, &UsageError{Text: fmt.Sprintf("%s has no generation before %d", s.at.dir.Path(), now)}
	}
	return before, s.Show(ctx, before)
}

// Prune deletes generations, but for the newest keep ones and the one that is
// shown, and tells which.
func (s *Store) Prune(ctx context.Context, keep int) (pruned []int, err error) {
	if err := s.at.dir.Lock(ctx, true, nil); err != nil {
		return nil, err
	}
	defer func() { _ = s.at.dir.Unlock() }()
	if err := s.mend(); err != nil {
		return nil, err
	}
	all, now, err := s.Generations()
	if err != nil || len(all) <= keep {
		return nil, err
	}
	gens, err := s.at.dir.OpenDir(nameGenerations)
	if err != nil {
		return nil, err
	}
	defer gens.Close()
	for _, g := range all[:len(all)-max(keep, 0)] {
		if g == now {
			continue
		}
		if err := s.discard(gens, generation(g)); err != nil {
			return pruned, err
		}
		pruned = append(pruned, g)
	}
	return pruned, nil
}

// discard takes the name from a generation first: half of one is none.
func (s *Store) discard(gens *fsys.Dir, g generation) error {
	if err := removeTree(gens, nameBuilding); err != nil {
		return err
	}
	if err := gens.RenameNew(g.name(), gens, nameBuilding); err != nil {
		return err
	}
	return removeTree(gens, nameBuilding)
}

// stageFlip makes the link that flip puts in place. Recovery completes a flip
// whose link it finds.
func (r *run) stageFlip(gens *fsys.Dir, g generation) error {
	return r.write("stage flip", func() error { return gens.Symlink(g.path(), nameFlip) })
}

// flip shows the generation whose link is staged: one rename.
func (r *run) flip(gens *fsys.Dir) error {
	view := r.at.dir
	if err := r.write("flip", func() error { return gens.Rename(nameFlip, view, nameCurrent) }); err != nil {
		return err
	}
	return r.sync(view)
}

// content is what a generation shows of one package.
type content struct {
	version string
	holder  string
	config  bool
}

// growth is a generation in the making.
type growth struct {
	*run
	now  generation
	want map[string]content
}

func (g *growth) grow(ctx context.Context, changes []Change) (int, Report, error) {
	if err := g.read(); err != nil {
		return 0, g.report, err
	}
	wishes, err := g.wishes(changes, g.opts, func(foo string) (bool, error) {
		if _, shown := g.want[foo]; shown {
			return true, nil
		}
		return g.isProtocol(foo)
	})
	if err != nil {
		return 0, g.report, err
	}
	changed, had := false, maps.Clone(g.want)
	for _, w := range wishes {
		is, err := g.wish(w)
		if err != nil {
			return 0, g.report, err
		}
		changed = changed || is
	}
	if !changed {
		return int(g.now), g.report, nil
	}
	if err := g.guard(ctx, had); err != nil {
		return 0, g.report, err
	}
	next, err := g.build(ctx)
	if err != nil {
		return 0, g.report, err
	}
	return int(next), g.report, nil
}

// read reads what the present generation shows.
func (g *growth) read() error {
	if g.now == 0 {
		return nil
	}
	d, err := g.at.dir.OpenPath(g.now.path())
	if err != nil {
		return err
	}
	defer d.Close()
	p := g.placeAt(d, false)
	names, err := p.stated()
	if err != nil {
		return err
	}
	for _, foo := range names {
		st, err := p.seat(g.Store, foo)
		if err != nil {
			return err
		}
		was, err := st.read()
		if err == nil {
			var text string
			text, err = st.link(Config)
			g.want[foo] = content{was.installed, was.holder, text != ""}
		}
		st.close()
		if err != nil {
			return err
		}
	}
	return nil
}

var errNaive = errors.New("a generation is made of versions: naive packages have none")

// wish adds a wish to the wanted state, by the same rules of permission.
func (g *growth) wish(w wish) (changed bool, err error) {
	if w.naive && !slices.ContainsFunc(w.of, func(c Change) bool { return c.Action != Unstow }) {
		return false, nil // what is not shown is unstowed already
	}
	if w.naive {
		return false, fmt.Errorf("cannot stow %s: %w", w.foo, errNaive)
	}
	had := g.want[w.foo]
	st := g.at.viewSeat(w.foo)
	st.path = g.at.dir.Path() + "/" + nameGenerations + "/" + nameBuilding + "/" + nameViewState + "/" + w.foo
	j := &job{foo: w.foo, seat: st, was: record{installed: had.version, holder: had.holder}}
	will := had
	if w.config {
		err = g.configJob(j, w)
		will.config = !j.goal.Nothing
	} else {
		err = g.versionJob(j, w)
		will.version = j.goal.Version
	}
	if err != nil {
		return false, err
	}
	if err := g.settleHolder(j); err != nil {
		return false, err
	}
	switch {
	case j.hold != "":
		will.holder = j.hold
	case j.drop || j.take:
		will.holder = ""
	}
	if had == will {
		return false, nil
	}
	g.want[w.foo] = will
	return true, nil
}

// build makes the farm of a generation and gives it its number, once it is
// complete and durable, and shows it.
func (g *growth) build(ctx context.Context) (generation, error) {
	all, err := generations(g.at.dir)
	if err != nil {
		return 0, err
	}
	next := generation(1)
	if len(all) > 0 {
		next = all[len(all)-1] + 1
	}
	gens, err := g.ensureDir(g.at.dir, nameGenerations)
	if err != nil {
		return 0, err
	}
	defer gens.Close()
	if err := g.register(); err != nil {
		return 0, err
	}
	fresh, err := g.ensureDir(gens, nameBuilding)
	if err != nil {
		return 0, err
	}
	defer fresh.Close()
	if err := g.fill(ctx, fresh); err != nil {
		var conflict *ConflictError
		if errors.As(err, &conflict) {
			err = errors.Join(err, removeTree(gens, nameBuilding))
		}
		return 0, err
	}
	if err := g.stageFlip(gens, next); err != nil {
		return 0, err
	}
	if err := g.write("number", func() error { return gens.RenameNew(nameBuilding, gens, next.name()) }); err != nil {
		return 0, err
	}
	if err := g.sync(gens); err != nil {
		return 0, err
	}
	return next, g.flip(gens)
}

// fill links everything that is wanted into an empty directory, and writes its
// state there.
func (g *growth) fill(ctx context.Context, fresh *fsys.Dir) error {
	inner := g.newRun(g.placeAt(fresh, false), g.opts)
	inner.view = g.at.dir.Path()
	defer inner.close()
	var q farm.Request
	for _, foo := range sortedKeys(g.want) {
		c := g.want[foo]
		inner.known[foo] = true
		if err := inner.keep(ctx, foo); err != nil {
			return err
		}
		if c.version != "" {
			q.Stow = append(q.Stow, inner.image(foo, c.version))
		}
		if c.config {
			q.Stow = append(q.Stow, inner.image(foo, Config))
		}
	}
	p, err := inner.plan(ctx, q)
	if err != nil {
		return err
	}
	g.report.add(p)
	if err := p.conflict(); err != nil {
		return err
	}
	for _, foo := range sortedKeys(g.want) {
		if err := inner.writeState(foo, g.want[foo]); err != nil {
			return err
		}
	}
	if len(p.Ops) > 0 {
		return g.cfg.Execute.Run(ctx, fresh, p.Ops)
	}
	return g.sync(fresh)
}

// keep prevents the removal of any version of a package meanwhile. The view is
// locked already; a removal of versions waits for no view.
func (r *run) keep(ctx context.Context, foo string) error {
	d, err := r.pkg(foo)
	if err != nil || d == nil {
		return err
	}
	r.locked[foo] = d
	return d.Lock(ctx, false, r.waiting(foo))
}

func (r *run) writeState(foo string, c content) error {
	if c == (content{}) {
		return nil
	}
	j := &job{foo: foo, seat: r.at.viewSeat(foo)}
	if err := r.takeSeat(j); err != nil {
		return err
	}
	defer j.seat.close()
	for name, text := range map[string]string{
		nameInstalled: c.version,
		nameManagedBy: c.holder,
		Config:        "",
	} {
		switch {
		case name == Config && c.config:
			text = j.seat.base + Config
		case name == nameInstalled && text != "":
			text = j.seat.base + text
		case text == "":
			continue
		}
		if err := r.write("state", func() error { return j.seat.dir.Symlink(text, name) }); err != nil {
			return err
		}
	}
	return nil
}
