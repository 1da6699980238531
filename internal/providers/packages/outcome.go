package packages

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"converge/internal/providers/packages/tool"
	"converge/internal/resource"
)

// outcomeOf is the result of one change, by the database afterwards. err is the
// error that stopped the transaction.
func (j transaction) outcomeOf(ctx context.Context, it *item, err error) error {
	switch {
	case it.out:
		return it.err
	case it.err != nil:
		return it.reportError()
	case err == nil:
		return nil // if not as wanted after all, the engine sees it
	}
	db, dbErr := j.currentDatabase(context.WithoutCancel(ctx))
	if dbErr != nil {
		return errors.Join(err, dbErr)
	}
	now, there := db.find(it.name)
	var script *ScriptError
	if errors.As(err, &script) {
		if said, ok := script.Packages[it.packageName()]; ok && !it.isAbsent() && there {
			if script.Unwritten[it.packageName()] {
				return resource.Unfinished(fmt.Errorf("files of %s %s could not be written:%s", it.name, now.Version, tool.Indent(said)))
			}
			return resource.Unfinished(fmt.Errorf("a script of %s %s has failed:%s", it.name, now.Version, tool.Indent(said)))
		}
	}
	if j.isMade(it, now, there) && it.isHeldAsWanted(now) {
		return nil
	}
	var failure *PackagesError
	if errors.As(err, &failure) {
		if said, ok := failure.Packages[it.packageName()]; ok {
			return fmt.Errorf("cannot change %s: %s", it.name, strings.TrimSpace(said))
		}
	}
	return err
}

// isMade reports whether the transaction has made a change.
func (j transaction) isMade(it *item, now Package, there bool) bool {
	if !j.isSatisfiedBy(it, now, there) {
		return false
	}
	if it.ensure != "latest" {
		return true
	}
	for _, o := range j.ops {
		if it.isAbout(o) {
			return o.New == now.Version
		}
	}
	return now.Version == it.f.have.Version
}

// sideEffects lists the packages that no change of the batch concerns and whose version differs since before its
// transactions. Only the database shows what was really done.
func (b *batch) sideEffects(before, after *database, j *job) []resource.Change {
	var out []resource.Change
	ops := differences(before, after)
	for _, o := range ops {
		if !b.asksAbout(o, j) {
			out = append(out, b.undeclaredChange(o, before.nameOf(o, ops)))
		}
	}
	slices.SortFunc(out, func(a, b resource.Change) int { return a.Addr.Compare(b.Addr) })
	return out
}

// rememberScripts remembers failed scripts, and forgets those that have succeeded this time.
func (j transaction) rememberScripts(ctx context.Context, r Request, err error) error {
	if j.memory.dir == "" || len(r.Words) == 0 {
		return err
	}
	records, recordsErr := j.memory.records()
	failed, loadErr := j.memory.load()
	db, dbErr := j.currentDatabase(ctx)
	if e := errors.Join(recordsErr, loadErr, dbErr); e != nil {
		return errors.Join(err, e)
	}
	if now := failedNow(r, db, failed, err); !maps.Equal(now, failed) {
		if saveErr := j.memory.save(now); saveErr != nil {
			return errors.Join(err, saveErr)
		}
		j.forgetDatabase()
	}
	return errors.Join(err, j.memory.forgetRecords(settledRecords(records, r, err)))
}

// failedNow are the failures after a transaction that has ended with err.
func failedNow(r Request, db *database, failed map[string]scriptFailure, err error) map[string]scriptFailure {
	now := map[string]scriptFailure{}
	var script *ScriptError
	errors.As(err, &script)
	for name, f := range failed {
		again := slices.ContainsFunc(r.Words, func(w Word) bool { return w.Name == name })
		is := db.versionOf(name)
		if is != "" && (f.Version == "" || f.Version == is) && (!again || err != nil && script == nil) {
			now[name] = scriptFailure{Version: is, Said: f.Said, Unwritten: f.Unwritten}
		}
	}
	if script != nil {
		for name, said := range script.Packages {
			if v := db.versionOf(name); v != "" {
				now[name] = scriptFailure{Version: v, Said: firstLine(said), Unwritten: script.Unwritten[name]}
			}
		}
	}
	return now
}

// settledRecords are the records to which nothing is written any more: the transaction's own and, if it got the
// manager's lock, those of earlier runs.
func settledRecords(records []string, r Request, err error) []string {
	var script *ScriptError
	var failure *PackagesError
	if err == nil || errors.As(err, &script) || errors.As(err, &failure) {
		return records
	}
	return slices.DeleteFunc(records, func(record string) bool { return record != r.Record })
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	return s
}
