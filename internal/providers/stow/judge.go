package stow

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"converge/internal/providers/stow/abi"
	"converge/internal/providers/stow/control"
)

// judge refuses switches to versions that lack what installed packages link
// to, as far as control data tells what that is. Packages that are switched
// along are judged as they will be.
func (y *yard) judge(ctx context.Context, items []*item) error {
	var switched []*item
	for _, it := range items {
		f := it.found
		if it.part() && !it.wish.broken && !it.wish.gone() && f.state.Installed != "" && f.goal != f.state.Installed {
			switched = append(switched, it)
		}
	}
	if len(switched) == 0 {
		return nil
	}
	var dependents []abi.Dependent // read when it is known that there is something to judge
	for _, it := range switched {
		c := abi.Change{FOO: it.wish.name, From: it.found.installed(), To: control.ByName(it.found.goal)}
		var known [2]bool
		var err error
		if c.Old, known[0], err = y.facts(ctx, it.wish.name, it.found.state.Installed); err != nil {
			return err
		}
		if c.New, known[1], err = y.facts(ctx, it.wish.name, it.found.goal); err != nil {
			return err
		}
		if !known[0] || !known[1] {
			continue
		}
		if dependents == nil {
			if dependents, err = y.dependents(ctx, items); err != nil {
				return err
			}
		}
		if broken, ok := abi.IsBroken(abi.Judge(c, dependents).Breaks()); ok {
			it.err = brokenError(broken)
		}
	}
	return nil
}

// facts are those that control data has of a version.
func (y *yard) facts(ctx context.Context, name, disk string) (f abi.Facts, known bool, err error) {
	data, err := y.data(ctx, name, disk)
	if err != nil || data == nil || data.Document == nil || len(data.Document.Stanzas) == 0 {
		return f, false, err
	}
	s := data.Document.Stanzas[0]
	f, err = abi.ParseFields(func(field string) string {
		if v, ok := s.Get(field); ok {
			known = true
			return v.Value
		}
		return ""
	})
	if err != nil {
		y.p.notice(fmt.Sprintf("%s: %v", data.Path, err))
		return abi.Facts{}, false, nil
	}
	return f, known, nil
}

// dependents are all packages that will be shown, in the version that will.
func (y *yard) dependents(ctx context.Context, items []*item) ([]abi.Dependent, error) {
	all, err := y.store.Packages(ctx)
	if err != nil {
		return nil, err
	}
	out := []abi.Dependent{}
	for _, st := range all {
		shown := st.Installed
		if i := slices.IndexFunc(items, func(it *item) bool { return it.part() && it.wish.name == st.Package }); i >= 0 {
			shown = items[i].found.goal // "" if it goes
		}
		if shown == "" {
			continue
		}
		f, known, err := y.facts(ctx, st.Package, shown)
		if err != nil {
			return nil, err
		}
		if known {
			out = append(out, abi.Dependent{FOO: st.Package, Version: control.ByName(shown), Installed: true, Facts: f})
		}
	}
	return out, nil
}

// brokenError says who would have to be rebuilt.
func brokenError(e *abi.BrokenError) error {
	var who []string
	for _, f := range e.Effects {
		why := make([]string, 0, maxTold)
		for _, r := range f.Reasons[:min(maxTold, len(f.Reasons))] {
			why = append(why, r.String())
		}
		who = append(who, f.Name+": "+strings.Join(why, "; "))
	}
	return fmt.Errorf("cannot switch %s %s → %s: it lacks what others link to, which would have to be rebuilt "+
		"(accept_broken = true switches nevertheless):\n%s", e.FOO, e.From, e.To, strings.Join(who, "\n"))
}

// absent tells that there is nothing, or no directory.
func absent(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) }
