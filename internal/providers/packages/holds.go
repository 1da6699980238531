package packages

import (
	"cmp"
	"context"
	"fmt"
	"time"
)

// settleTime bounds the steps after a transaction, which continue after an
// interrupt.
const settleTime = 11 * time.Minute

// isHeldAsWanted reports whether the hold is as wanted, or not managed.
func (it *item) isHeldAsWanted(now Package) bool { return it.hold == nil || now.isHeldAs(*it.hold) }

// isHeldAs reports whether a package is held, or not, as wanted. A hold at another version, as a run leaves it that
// was killed after its transaction, has no effect.
func (p Package) isHeldAs(hold bool) bool { return p.Held == hold && !(hold && p.HeldAtOther) }

// checkReleases marks the changes whose hold cannot be released, before anything is installed for them.
func checkReleases(j *job) {
	r, ok := j.Holds.(Releaser)
	if !ok {
		return
	}
	for _, it := range j.items {
		if it.err != nil || it.hold == nil || *it.hold || it.isAbsent() { // a removal needs no release
			continue
		}
		p := Package{Name: it.packageName(), Version: it.f.have.Version, Arch: it.f.have.Arch}
		if it.word != nil {
			p.Version = cmp.Or(it.word.Version, p.Version)
		}
		it.err = r.CheckRelease(p)
	}
}

// setHolds sets and releases holds, all at once: the wanted ones, and earlier ones that the transaction dropped. A
// held package with a new version is held anew: a manager may hold it at the old one.
func (j transaction) setHolds(ctx context.Context) error {
	now, err := j.currentDatabase(ctx)
	if err != nil {
		return err
	}
	wanted := map[string]bool{}
	for _, o := range j.ops {
		if p, ok := j.db.find(o.Name); ok && p.Held && !o.removes() {
			wanted[o.Name] = true
		}
	}
	for _, it := range j.items {
		if it.hold != nil && it.err == nil {
			wanted[it.packageName()] = *it.hold
		}
	}
	for name, hold := range wanted {
		p, ok := now.find(name)
		was, _ := j.db.find(name)
		left := !ok && was.Held && !hold // in a list beside the database
		moved := ok && hold && was.Version != p.Version
		if !left && !moved && (!ok || p.isHeldAs(hold)) {
			delete(wanted, name)
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	err = j.Holds.SetHolds(ctx, wanted)
	j.forgetDatabase()
	if err != nil {
		return fmt.Errorf("cannot set holds: %w", err)
	}
	return nil
}

// setMarks marks the packages of the transaction: declared ones as manual, and those that a rollback changes as
// before.
func (j transaction) setMarks(ctx context.Context) error {
	now, err := j.currentDatabase(ctx)
	if err != nil {
		return err
	}
	wanted := map[string]bool{}
	for _, it := range j.items {
		have, there := now.find(it.name)
		if it.err != nil || it.isAbsent() || !there {
			continue
		}
		auto := false
		switch it.mark {
		case "auto":
			auto = true
		case "keep":
			was, known := j.db.find(it.name)
			auto = known && was.Automatic
		}
		if have.Automatic != auto {
			wanted[it.name] = auto
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	err = j.Holds.SetAutomatic(ctx, wanted)
	j.forgetDatabase()
	if err != nil {
		return fmt.Errorf("cannot mark packages as manually installed: %w", err)
	}
	return nil
}
