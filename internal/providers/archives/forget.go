package archives

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"

	"converge/internal/resource"
)

// Around returns the paths beside an archive that belong to it: kept trees, and the place where this run will keep
// one. A directory with purge leaves them.
func (p *Provider) Around(archive string) []string {
	at := p.physical(archive)
	out, err := p.listKept(at)
	if err != nil {
		out = nil // the purge fails on the directory too
	}
	for n := range 3 {
		out = append(out, path.Join(path.Dir(at), keptName(path.Base(at), p.RunID, n+1)))
	}
	return out
}

// ForgetRuns removes what forgotten runs have kept.
func (p *Provider) ForgetRuns(ctx context.Context, runs []string) error {
	if len(runs) == 0 {
		return nil
	}
	inAttic, err := p.forgetInAttic(ctx, runs)
	if err != nil {
		return fmt.Errorf("cannot remove an old tree: %w", err)
	}
	var errs []error
	for _, archive := range p.records.archives() {
		errs = append(errs, p.forgetRunsOf(ctx, archive, runs, inAttic))
	}
	return errors.Join(errs...)
}

func (p *Provider) forgetRunsOf(ctx context.Context, archive string, runs []string, inAttic map[string]bool) error {
	at := resource.DecodeBytes(archive)
	places := []string{at}
	if lists, err := p.records.readHeaders(archive); err == nil {
		for _, l := range lists {
			if l.Link != "" {
				places = append(places, path.Join(at, l.Version))
			}
		}
	}
	left := 0
	for _, place := range places {
		kept, err := p.listKept(place)
		if err != nil {
			return err
		}
		for _, k := range kept {
			run, _ := runOf(path.Base(k), keptPrefix(path.Base(place)))
			if !slices.Contains(runs, run) {
				left++
				continue
			}
			if err := p.removeAll(ctx, k); err != nil {
				return fmt.Errorf("cannot remove an old tree: %w", err)
			}
		}
		if inAttic[atticPrefix(place)] {
			left++
		}
	}
	if _, there, err := p.lookAt(at); err == nil && !there && left == 0 {
		p.records.trim(archive, 0)
	}
	return nil
}
