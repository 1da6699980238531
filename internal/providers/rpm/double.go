package rpm

import (
	"context"
	"errors"
	"fmt"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/tool"
	"converge/internal/version"
)

// rpm records the new version of a package before it removes the old one, so a
// transaction that is killed in between leaves both.

// mergeVersions makes one package of several versions of it; older are those that
// should not be there any more.
func mergeVersions(list []packages.Package) (merged, older []packages.Package) {
	place := map[[2]string]int{}
	for _, p := range list {
		key := [2]string{p.Name, p.Arch}
		i, twice := place[key]
		if !twice {
			place[key] = len(merged)
			merged = append(merged, p)
			continue
		}
		last, newest := merged[i], p
		if version.CompareRPM(last.Version, newest.Version) > 0 {
			last, newest = newest, last
		}
		if !coexists(newest) {
			newest.Broken = fmt.Sprintf("an interrupted transaction has left version %s there too", last.Version)
			older = append(older, last)
		}
		merged[i] = newest
	}
	return merged, older
}

// FinishUpgrades removes the old versions that an interrupted transaction has left,
// with their scripts, as the transaction would have done.
func (r Reader) FinishUpgrades(ctx context.Context, locks []tool.Lock) error {
	list, err := r.query(ctx, "-qa")
	if err != nil {
		return fmt.Errorf("cannot read the installed packages: %w", err)
	}
	_, older := mergeVersions(list)
	if len(older) == 0 {
		return nil
	}
	argv := []string{"rpm", "-e", "--nodeps", "--"}
	for _, p := range older {
		r.Host.SendNotice("an interrupted transaction has left %s in version %s beside the newer one; removing it", p.Name, p.Version)
		argv = append(argv, p.Name+"-"+withoutEpoch(p.Version)+"."+p.Arch)
	}
	res, err := r.Host.RunLocked(ctx, locks, LostRace, tool.Command{Argv: argv, Keep: true})
	if err == nil && res.Status != 0 {
		err = errors.New(tool.LastLines(res.Stdout, 1))
	}
	if err != nil {
		return fmt.Errorf("cannot finish the interrupted transaction: %w", err)
	}
	return nil
}
