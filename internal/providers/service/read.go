package service

import (
	"context"
	"fmt"

	sd "github.com/coreos/go-systemd/v22/dbus"

	"converge/resources"
)

// unitReader reads the state of units from systemd.
type unitReader struct {
	client *client
	loader *loader
	left   *leftJobs
	files  unitLinks // those of this machine
}

// readUnit reads the properties of a unit that its wanted attributes need. If a unit is not found and this run has
// changed something, it reads again after a daemon-reload: a generator may make the unit.
func (r *unitReader) readUnit(ctx context.Context, w wanted) (status, error) {
	before := r.loader.countReloads()
	st, err := r.readOnce(ctx, w)
	if err != nil || st.exists {
		return st, err
	}
	b, err := r.client.connect(ctx)
	if err != nil {
		return st, err
	}
	if err := r.loader.catchUp(ctx, b); err != nil {
		return st, err
	}
	if r.loader.countReloads() == before {
		return st, nil
	}
	return r.readOnce(ctx, w)
}

func (r *unitReader) readOnce(ctx context.Context, w wanted) (status, error) {
	b, units, err := r.client.listUnits(ctx)
	if err != nil {
		return status{}, err
	}
	st := status{id: w.unit}
	row, loaded := units[w.unit]
	if loaded {
		st.takeRow(row)
	}
	if w.enabled != nil || w.masked != nil || !st.exists || st.load != "loaded" {
		if err := r.readFile(ctx, b, &st); err != nil {
			return status{}, err
		}
	}
	if row, ok := units[st.id]; ok && !loaded {
		st.takeRow(row)
		loaded = true
	}
	if !loaded && st.exists && !w.name.Template && w.running != nil {
		// Not loaded, or loaded under another name: the query loads it.
		p, err := b.readProps(ctx, unitPath(st.id), unitFace)
		if err != nil {
			return status{}, fmt.Errorf("cannot look at unit %s: %w", w.unit, explainDenied(err))
		}
		st.id, st.active, st.sub, st.load = p.str("Id"), p.str("ActiveState"), p.str("SubState"), p.str("LoadState")
	}
	if (!st.exists || st.file == fileGone) && isFalse(w.enabled) {
		if st.dangling, err = r.files.isDangling(w.unit); err != nil {
			return status{}, fmt.Errorf("cannot look for links that enable unit %s: %w", w.unit, err)
		}
	}
	st.queued = r.left.has(st.id)
	return st, nil
}

// takeRow copies the data of the listing's row.
func (st *status) takeRow(row sd.UnitStatus) {
	st.active, st.sub, st.load, st.job = row.ActiveState, row.SubState, row.LoadState, row.JobType
	st.exists = st.exists || row.LoadState != loadNotFound
}

// readFile reads the state of the unit's file. systemd reads it from the disk, so a file that was just written counts
// before any daemon-reload.
func (r *unitReader) readFile(ctx context.Context, b *bus, st *status) error {
	file, err := readFileState(ctx, b, st.id)
	if err == nil && file == fileAlias {
		// For an alias, the state of the primary unit counts.
		var p props
		if p, err = b.readProps(ctx, unitPath(st.id), unitFace); err == nil {
			if id := p.str("Id"); id != "" && id != st.id {
				st.id = id
				file, err = readFileState(ctx, b, id)
			}
		}
	}
	switch {
	case isNamed(err, "FileNotFound", "NoSuchUnit"):
		if st.exists {
			return readWithoutFile(ctx, b, st)
		}
		return nil
	case err != nil:
		return fmt.Errorf("cannot look at the file of unit %s: %w", st.id, explainDenied(err))
	}
	st.exists, st.file = true, file
	switch file {
	case fileDisabled:
		if name, err := resources.ParseUnitName(st.id); err == nil && name.Template {
			return r.readIndirect(ctx, b, st)
		}
	case fileIndirect:
		return r.readIndirect(ctx, b, st)
	case fileEnabled:
		if name, err := resources.ParseUnitName(st.id); err == nil {
			st.gaps = r.files.findGaps(name)
		}
	case fileGenerated:
		st.hooked = isHooked(st.id)
	}
	return nil
}

// readWithoutFile reads a unit that is loaded and has no file: it never had one, or its file was removed and systemd
// does not know yet.
func readWithoutFile(ctx context.Context, b *bus, st *status) error {
	p, err := b.readProps(ctx, unitPath(st.id), unitFace)
	if err != nil {
		return fmt.Errorf("cannot look at unit %s: %w", st.id, explainDenied(err))
	}
	st.file = fileTransient
	if path := p.str("FragmentPath"); path != "" && !p.is("Transient") {
		st.file = fileGone
	}
	return nil
}

func readFileState(ctx context.Context, b *bus, unit string) (string, error) {
	var state string
	err := b.callManager(ctx, "GetUnitFileState", []any{unit}, &state)
	return state, err
}

// readIndirect resolves an indirect unit: to the units of its Also= or, for a template with an enabled instance, to
// the instance that enabling the template itself enables.
func (r *unitReader) readIndirect(ctx context.Context, b *bus, st *status) error {
	in, name, err := r.readInstall(ctx, b, st.id)
	if err != nil {
		return fmt.Errorf("cannot look at unit %s: %w", st.id, err)
	}
	also := in.also
	if name.Template && in.makesLinks() {
		if in.defaultInstance == "" {
			st.file, st.needsInstance = fileDisabled, !in.templatesOnly()
			return nil
		}
		name.Template, name.Instance = false, in.defaultInstance
		also = []string{name.String()}
	}
	st.alsoAll = len(also) > 0
	for _, unit := range also {
		file, err := readFileState(ctx, b, unit)
		if err != nil && !isNamed(err, "FileNotFound", "NoSuchUnit") {
			return fmt.Errorf("cannot look at the file of unit %s: %w", unit, explainDenied(err))
		}
		on := file == fileEnabled
		st.alsoAll, st.alsoAny = st.alsoAll && on, st.alsoAny || on
	}
	return nil
}

// readInstall reads the [Install] section of a unit. systemd does not load templates, so their files are read from the
// disk.
func (r *unitReader) readInstall(ctx context.Context, b *bus, unit string) (install, resources.UnitName, error) {
	name, err := resources.ParseUnitName(unit)
	if err != nil {
		return install{}, name, err
	}
	if name.Template {
		f, err := r.files.find(name)
		return f.in, f.name, err
	}
	p, err := b.readProps(ctx, unitPath(unit), unitFace)
	if err != nil {
		return install{}, name, explainDenied(err)
	}
	in, err := readInstallFile(p.str("FragmentPath"))
	return in, name, err
}
