package apt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/providers/packages/tool"
	"converge/internal/resource"
)

// marksFile lists the packages that are installed automatically.
const marksFile = "/var/lib/apt/extended_states"

// markCache keeps the marks until their file is changed.
type markCache struct {
	mu     sync.Mutex
	looked time.Time
	stamp  string
	native string
	auto   map[string]bool
}

// isAutomatic reports whether a package counts only as a dependency of others.
func (d *installed) isAutomatic(have pkg) (bool, error) {
	db, err := d.currentDatabase()
	if err != nil {
		return false, err
	}
	auto, err := d.automaticMarks(db)
	return auto[db.keyOf(have)], err
}

// automaticMarks are the packages that are marked as installed automatically, by their names in the database. Callers
// must not change the answer.
func (d *installed) automaticMarks(db *database) (map[string]bool, error) {
	c := &d.marks
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.native == db.native && time.Since(c.looked) < lookAgain {
		return c.auto, nil
	}
	c.looked = time.Now()
	stamp := "none"
	info, err := d.files.Stat(marksFile)
	switch {
	case err == nil:
		stamp = fileStamp(info)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("cannot tell which packages were asked for: %w", err)
	}
	if c.native == db.native && c.stamp == stamp {
		return c.auto, nil
	}
	auto := map[string]bool{}
	if err == nil {
		data, err := d.files.ReadFile(marksFile, maxStatus)
		if err != nil {
			return nil, fmt.Errorf("cannot tell which packages were asked for: %w", err)
		}
		parseMarks(data, func(name, arch string) { auto[db.keyOf(pkg{name: name, arch: arch})] = true })
	}
	c.stamp, c.native, c.auto = stamp, db.native, auto
	return auto, nil
}

// parseMarks calls add for each package that is marked as installed automatically. It skips unknown fields.
func parseMarks(data []byte, add func(name, arch string)) {
	var name, arch string
	for line := range bytes.Lines(data) {
		field, v, _ := bytes.Cut(bytes.TrimSpace(line), []byte(": "))
		switch string(field) {
		case "":
			name, arch = "", ""
		case "Package":
			name = string(v)
		case "Architecture":
			arch = string(v)
		case "Auto-Installed":
			if string(v) == "1" && name != "" {
				add(name, arch)
			}
		}
	}
}

// Record implements [resource.Recorder]: whether a package was installed
// manually is lost once a resource declares it.
func (p *Provider) Record(ctx context.Context, c resource.Change) (resource.Change, []resource.Change, error) {
	if c.Have.IsNull() {
		return c, nil, nil
	}
	db, err := p.currentDatabase()
	if err != nil {
		return c, nil, err
	}
	auto, err := p.automaticMarks(db)
	if err != nil {
		return c, nil, err
	}
	f, err := p.findPackage(ctx, db, c.Label())
	if err != nil {
		return c, nil, err
	}
	if !auto[f.key] {
		return c, nil, nil
	}
	c.Have = resource.With(c.Have, "mark", cty.StringVal("auto"))
	return c, nil, nil
}

// setMarks marks the packages of the transaction: declared ones as manual, only recommended ones as automatic, and
// those that a rollback changes as before. Packages that satisfy dependencies keep their marks, too; new ones are
// automatic. before are the marks before the transaction: apt-get marks every package named in its arguments as
// manual.
func (t transaction) setMarks(ctx context.Context, before map[string]bool) error {
	db, err := t.sources.currentDatabase()
	if err != nil {
		return err
	}
	now, err := t.sources.automaticMarks(db)
	if err != nil {
		return err
	}
	names := map[bool][]string{true: slices.Clone(t.extra)}
	for _, it := range t.items {
		have, _ := db.findByName(it.name)
		if it.err != nil || isAbsent(it.ensure) || have.isGone() {
			continue
		}
		auto := false
		switch it.mark {
		case "auto":
			auto = true
		case "keep":
			auto = before[it.name]
		}
		if now[it.name] != auto {
			names[auto] = append(names[auto], it.name)
		}
	}
	for _, o := range t.mends {
		if auto := o.old == "" || before[o.name]; !o.removes() && now[o.name] != auto {
			names[auto] = append(names[auto], o.name)
		}
	}
	for _, auto := range []bool{false, true} {
		if len(names[auto]) == 0 {
			continue
		}
		verb := "manual"
		if auto {
			verb = "auto"
		}
		res, err := t.sources.Run(ctx, tool.Command{Argv: append([]string{"apt-mark", verb, "--"}, names[auto]...)})
		if err != nil || res.Status != 0 {
			return newTransactionError("apt-mark", res, err)
		}
	}
	return nil
}
