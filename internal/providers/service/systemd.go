package service

import (
	"context"
	"fmt"
	"sync"
	"time"

	sd "github.com/coreos/go-systemd/v22/dbus"
	"github.com/godbus/dbus/v5"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/resources"
)

// listingAge is how long a listing of units may serve: units come and go by
// themselves.
const listingAge = time.Second

// systemd is the backend for the machine that systemd runs.
type systemd struct {
	followed *followed
	disk     *tree           // the unit files of this machine
	expected map[string]bool // units that an earlier run queued

	mu      sync.Mutex
	bus     *bus
	units   map[string]sd.UnitStatus // nil: to be listed
	listed  time.Time
	queued  map[string]resource.Queued // by unit: jobs that were left in the queue
	order   []string                   // the units of queued, as they came
	started map[string]started         // units that this run started and that are to be judged
	died    map[string]error           // units that this run started and that have not lasted
	watched map[string]wanted          // units that are to run, by primary name: somebody else may start them during the run

	own string // what the unit that this run goes on in was told and gets at its end

	loading sync.Mutex
	seen    string // print of the unit files when they were last looked at; guarded by loading
	epoch   int    // daemon-reloads so far; guarded by loading
}

// connect returns the connection, made anew if systemd has closed it: it does
// when it is updated and executes itself again.
func (s *systemd) connect(ctx context.Context) (*bus, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connected(ctx)
}

func (s *systemd) connected(ctx context.Context) (*bus, error) {
	if s.bus != nil && s.bus.conn.Connected() {
		return s.bus, nil
	}
	conn, err := dial(ctx)
	if err != nil {
		return nil, err
	}
	s.bus, s.units = &bus{conn: conn}, nil
	return s.bus, nil
}

func (s *systemd) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bus == nil {
		return
	}
	_ = s.bus.conn.Close() // there is nothing to lose
	if s.bus.jobs != nil {
		s.bus.jobs.Close()
	}
	s.bus, s.units = nil, nil
}

// forgetListing has the next listing be read anew.
func (s *systemd) forgetListing() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.units = nil
}

// listing returns all units that are loaded, by name.
func (s *systemd) listing(ctx context.Context) (*bus, map[string]sd.UnitStatus, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.connected(ctx)
	if err != nil {
		return nil, nil, err
	}
	if s.units != nil && time.Since(s.listed) < listingAge {
		return b, s.units, nil
	}
	var rows []sd.UnitStatus
	began := time.Now()
	if err := b.manager(ctx, "ListUnits", nil, &rows); err != nil {
		return nil, nil, fmt.Errorf("cannot list the units: %w", explain(err))
	}
	s.listed, s.units = began, make(map[string]sd.UnitStatus, len(rows))
	for _, r := range rows {
		s.units[r.Name] = r
	}
	return b, s.units, nil
}

func (s *systemd) observe(ctx context.Context, w wanted) (cty.Value, error) {
	st, err := s.look(ctx, w)
	if err != nil {
		return cty.NilVal, err
	}
	if isTrue(w.running) {
		s.watch(st.id, w)
	}
	if s.expected[st.id] && !isFalse(w.running) {
		if err := s.lookAtExpected(ctx, w, &st); err != nil {
			return cty.NilVal, err
		}
	}
	switch {
	case !isTrue(w.running):
	case st.up():
		s.noteUp(st.id)
	case st.down():
		if err := s.judgeEarly(ctx, st.id); err != nil {
			return cty.NilVal, err
		}
	}
	if err := s.verdict(w.unit, st.id); err != nil && !isFalse(w.running) {
		return cty.NilVal, err
	}
	return w.judge(st)
}

// look reads the properties of a unit that its wanted attributes need. If a unit
// is not found and this run has changed something, it looks again after a
// daemon-reload: a generator may make the unit.
func (s *systemd) look(ctx context.Context, w wanted) (status, error) {
	before := s.reloads()
	st, err := s.lookOnce(ctx, w)
	if err != nil || st.exists {
		return st, err
	}
	b, err := s.connect(ctx)
	if err != nil {
		return st, err
	}
	if err := s.catchUp(ctx, b); err != nil {
		return st, err
	}
	if s.reloads() == before {
		return st, nil
	}
	return s.lookOnce(ctx, w)
}

func (s *systemd) lookOnce(ctx context.Context, w wanted) (status, error) {
	b, units, err := s.listing(ctx)
	if err != nil {
		return status{}, err
	}
	st := status{id: w.unit}
	row, loaded := units[w.unit]
	if loaded {
		st.from(row)
	}
	if w.enabled != nil || w.masked != nil || !st.exists || st.load != "loaded" {
		if err := s.lookAtFile(ctx, b, &st); err != nil {
			return status{}, err
		}
	}
	if row, ok := units[st.id]; ok && !loaded {
		st.from(row)
		loaded = true
	}
	if !loaded && st.exists && !w.name.Template && w.running != nil {
		// Not loaded, or loaded under another name: asking loads it.
		p, err := b.props(ctx, unitPath(st.id), unitFace)
		if err != nil {
			return status{}, fmt.Errorf("cannot look at unit %s: %w", w.unit, explain(err))
		}
		st.id, st.active, st.sub, st.load = p.str("Id"), p.str("ActiveState"), p.str("SubState"), p.str("LoadState")
	}
	if (!st.exists || st.file == fileGone) && isFalse(w.enabled) {
		if st.dangling, err = s.disk.dangling(w.unit); err != nil {
			return status{}, fmt.Errorf("cannot look for links that enable unit %s: %w", w.unit, err)
		}
	}
	s.mu.Lock()
	_, st.queued = s.queued[st.id]
	s.mu.Unlock()
	return st, nil
}

// from takes over the listing's row.
func (st *status) from(row sd.UnitStatus) {
	st.active, st.sub, st.load, st.job = row.ActiveState, row.SubState, row.LoadState, row.JobType
	st.exists = st.exists || row.LoadState != loadNotFound
}

// lookAtFile asks for the state of the unit's file, which systemd reads from
// the disk: a file that was just written is seen before any daemon-reload.
func (s *systemd) lookAtFile(ctx context.Context, b *bus, st *status) error {
	file, err := fileState(ctx, b, st.id)
	if err == nil && file == fileAlias {
		// The state that counts is that of the unit behind the name.
		var p props
		if p, err = b.props(ctx, unitPath(st.id), unitFace); err == nil {
			if id := p.str("Id"); id != "" && id != st.id {
				st.id = id
				file, err = fileState(ctx, b, id)
			}
		}
	}
	switch {
	case named(err, "FileNotFound", "NoSuchUnit"):
		if st.exists {
			return lookAtLoaded(ctx, b, st)
		}
		return nil
	case err != nil:
		return fmt.Errorf("cannot look at the file of unit %s: %w", st.id, explain(err))
	}
	st.exists, st.file = true, file
	switch file {
	case fileDisabled:
		if name, err := resources.ParseUnitName(st.id); err == nil && name.Template {
			return s.lookAtIndirect(ctx, b, st)
		}
	case fileIndirect:
		return s.lookAtIndirect(ctx, b, st)
	case fileGenerated:
		st.hooked = hooked(st.id)
	}
	return nil
}

// lookAtLoaded is for a unit that is loaded and has no file: it never had one,
// or its file was removed and systemd does not know yet.
func lookAtLoaded(ctx context.Context, b *bus, st *status) error {
	p, err := b.props(ctx, unitPath(st.id), unitFace)
	if err != nil {
		return fmt.Errorf("cannot look at unit %s: %w", st.id, explain(err))
	}
	st.file = fileTransient
	if path := p.str("FragmentPath"); path != "" && !p.is("Transient") {
		st.file = fileGone
	}
	return nil
}

func fileState(ctx context.Context, b *bus, unit string) (string, error) {
	var state string
	err := b.manager(ctx, "GetUnitFileState", []any{unit}, &state)
	return state, err
}

// lookAtIndirect resolves an indirect unit: to the units of its Also=, or, for a
// template of which some instance is enabled, to the instance that enabling the
// template itself enables.
func (s *systemd) lookAtIndirect(ctx context.Context, b *bus, st *status) error {
	in, name, err := s.installOf(ctx, b, st.id)
	if err != nil {
		return fmt.Errorf("cannot look at unit %s: %w", st.id, err)
	}
	also := in.also
	if name.Template && in.rules() {
		if in.defaultInstance == "" {
			st.file, st.needsInstance = fileDisabled, !in.templatesOnly()
			return nil
		}
		name.Template, name.Instance = false, in.defaultInstance
		also = []string{name.String()}
	}
	st.alsoAll = len(also) > 0
	for _, unit := range also {
		file, err := fileState(ctx, b, unit)
		if err != nil && !named(err, "FileNotFound", "NoSuchUnit") {
			return fmt.Errorf("cannot look at the file of unit %s: %w", unit, explain(err))
		}
		on := file == fileEnabled
		st.alsoAll, st.alsoAny = st.alsoAll && on, st.alsoAny || on
	}
	return nil
}

// installOf reads the [Install] section of a unit. systemd loads no template,
// so the file of one is looked for on the disk.
func (s *systemd) installOf(ctx context.Context, b *bus, unit string) (install, resources.UnitName, error) {
	name, err := resources.ParseUnitName(unit)
	if err != nil {
		return install{}, name, err
	}
	if name.Template {
		f, err := s.disk.find(name)
		return f.in, f.name, err
	}
	p, err := b.props(ctx, unitPath(unit), unitFace)
	if err != nil {
		return install{}, name, explain(err)
	}
	in, err := readInstallFile(p.str("FragmentPath"))
	return in, name, err
}

func (s *systemd) notes(ctx context.Context, w wanted, c resource.Change) []string {
	if !isTrue(w.running) || ownUnit() == "" {
		return nil
	}
	b, err := s.connect(ctx)
	if err != nil || !starting(ctx, b) {
		return nil
	}
	return []string{"the machine is still starting up: if the unit has to wait for " + ownUnit() + ", its start is queued and not waited for"}
}

// starting reports whether the boot is not over.
func starting(ctx context.Context, b *bus) bool {
	var v dbus.Variant
	err := b.call(ctx, managerPath, "org.freedesktop.DBus.Properties.Get", []any{managerFace, "SystemState"}, &v)
	state, _ := v.Value().(string)
	return err == nil && (state == "initializing" || state == "starting")
}
