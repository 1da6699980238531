package apt

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"converge/internal/providers/packages/tool"
	"converge/internal/resource"
	"converge/resources"
)

// repairer makes dpkg work again before a transaction.
type repairer struct{ *sources }

// repairDpkg completes what an interrupted dpkg has begun. A dpkg whose apt-get was killed may still be running: it
// holds its lock until it ends.
func (r repairer) repairDpkg(ctx context.Context, cs []resource.Change) error {
	if err := r.waitLocks(ctx, r.Patience, lockFrontend, lockDpkg); err != nil {
		return err
	}
	left, err := r.pendingUpdates()
	if err != nil {
		return fmt.Errorf("cannot tell whether dpkg was interrupted: %w", err)
	}
	db, err := r.currentDatabase()
	if err != nil {
		return err
	}
	switch {
	case len(left) > 0:
		r.SendNotice("dpkg was interrupted; finishing what it has begun (dpkg --configure -a)")
	case awaitsTriggers(db, cs):
		r.SendNotice("dpkg has left triggers to be run; running them (dpkg --configure -a)")
	default:
		return r.reinstallDamaged(ctx, cs)
	}
	argv := append([]string{"dpkg"}, dpkgOptions("")...)
	res, err := r.runLocked(ctx, []string{lockFrontend, lockDpkg},
		tool.Command{Argv: append(argv, "--configure", "-a"), Line: r.progressLine(), Keep: true})
	if err != nil {
		return fmt.Errorf("cannot repair the interrupted dpkg: %w", err)
	}
	left, err = r.pendingUpdates()
	if err != nil {
		return fmt.Errorf("cannot tell whether dpkg was interrupted: %w", err)
	}
	if len(left) > 0 {
		return fmt.Errorf("cannot repair the interrupted dpkg: %w", newTransactionError("dpkg --configure -a", res, nil))
	}
	if res.Status != 0 {
		// A package that cannot be configured shows that in its state.
		r.SendNotice("dpkg --configure -a: %s", firstErrors(res))
	}
	return r.reinstallDamaged(ctx, cs)
}

// awaitsTriggers reports whether a package that is wanted waits for triggers, its
// own or another's. apt takes such a package for installed and does nothing.
func awaitsTriggers(db *database, cs []resource.Change) bool {
	return slices.ContainsFunc(cs, func(c resource.Change) bool {
		want := resource.Must[resources.PackageWant](c.Want)
		have, _ := db.findByName(want.Name)
		return have.awaitsTriggers() && !want.IsAbsent()
	})
}

// reinstallDamaged unpacks packages again that dpkg was killed in the middle of unpacking or removing: dpkg refuses to
// do anything else with them, and apt may even remove one that no change concerns. A package that is to be removed,
// and that dpkg does not insist on unpacking, is removed as it is: the failure that stopped its removal before would
// only stop it again.
func (r repairer) reinstallDamaged(ctx context.Context, cs []resource.Change) error {
	db, err := r.currentDatabase()
	if err != nil {
		return err
	}
	going := goingOf(db, cs)
	before, err := r.automaticMarks(db)
	if err != nil {
		return err
	}
	var auto []string
	for name, have := range db.eachPackage {
		if !have.isDamaged() || going[name] && !have.broken {
			continue
		}
		r.SendNotice("dpkg left %s %s; installing it again", name, ensureWord(have))
		err := r.reinstallPackage(ctx, name, have.version)
		if err != nil && going[name] {
			err = r.removeDamaged(ctx, name)
		}
		switch {
		case err != nil:
			r.SendNotice("%v", err) // if it is declared, its state shows that, too
		case before[name] && !going[name]:
			auto = append(auto, name)
		}
	}
	if len(auto) == 0 {
		return nil
	}
	res, err := r.Run(ctx, tool.Command{Argv: append([]string{"apt-mark", "auto", "--"}, auto...)})
	if err != nil || res.Status != 0 {
		return newTransactionError("apt-mark", res, err)
	}
	return nil
}

// reinstallPackage installs a package again in its present version or, if that is no longer available, in apt's
// candidate.
func (r repairer) reinstallPackage(ctx context.Context, name, version string) error {
	words := []string{name}
	if version != "" {
		words = []string{name + "=" + version, name}
	}
	var err error
	for _, word := range words {
		argv := append([]string{"apt-get", "-y", "-q"}, dpkgOptions("-o", "Dpkg::Options::=")...)
		argv = append(argv, "--no-remove", "--no-auto-remove", "--allow-change-held-packages", "--reinstall", "install", "--", word)
		var res tool.Result
		res, err = r.runLocked(ctx, []string{lockFrontend, lockDpkg, lockArchives}, tool.Command{Argv: argv, Line: r.progressLine(), Keep: true})
		if err != nil {
			return fmt.Errorf("cannot install %s again: %w", name, err)
		}
		if res.Status == 0 {
			return nil
		}
		err = fmt.Errorf("cannot install %s again: %s", name, firstErrors(res))
	}
	return err
}

// removeDamaged removes a package that cannot be installed again and is to be removed anyway: dpkg needs an option for
// that.
func (r repairer) removeDamaged(ctx context.Context, name string) error {
	res, err := r.runLocked(ctx, []string{lockFrontend, lockDpkg},
		tool.Command{Argv: []string{"dpkg", "--force-remove-reinstreq", "--remove", "--", name}, Line: r.progressLine(), Keep: true})
	if err == nil && res.Status != 0 {
		err = errors.New(firstErrors(res))
	}
	if err != nil {
		return fmt.Errorf("cannot remove %s: %w", name, err)
	}
	return nil
}

// goingOf are the packages that the changes remove, by the names that the
// database has for them.
func goingOf(db *database, cs []resource.Change) map[string]bool {
	out := map[string]bool{}
	for _, c := range cs {
		if want := resource.Must[resources.PackageWant](c.Want); want.IsAbsent() {
			out[db.nameOf(want.Name)] = true
		}
	}
	return out
}
