package packages

import (
	"context"
	"fmt"
	"iter"

	"converge/internal/resource"
)

// PreviewIndex is an [Index] that can use repositories that are not on the machine yet.
type PreviewIndex interface {
	// Preview fetches the index of repositories as they will be into a folder of its own,
	// which the index and the solver use until end is called. The machine is left as it
	// is. planned are the files that will differ from the machine's, by path, nil for a file
	// that is removed. Without all, the machine's own index of other repositories is used.
	//
	// The manager may lack the keys of these repositories, so that it does not check their
	// signatures here. Nothing is installed by this index.
	Preview(ctx context.Context, planned map[string][]byte, all bool) (end func(), err error)
}

// preview is the state that a plan uses.
type preview struct {
	*sources
	planned map[string][]byte
	end     func()
}

func (s *sources) newPreview() *preview { return &preview{sources: s, end: func() {}} }

// begin makes the plan use the repositories as the other changes leave them, and a new index if the present one is
// stale.
func (v *preview) begin(ctx context.Context, beside iter.Seq[resource.Change], latest bool) error {
	if _, ok := v.Index.(PreviewIndex); ok && v.sources.planned != nil && beside != nil {
		v.planned = v.sources.planned(ctx, beside)
	}
	if len(v.planned) == 0 {
		_, err := v.refreshPrivately(ctx, latest)
		return err
	}
	why, err := v.Index.WhyStale(ctx, latest)
	if err != nil {
		return err
	}
	if !v.fetch(ctx, "the same run changes repositories", why != "") {
		_, err = v.refreshPrivately(ctx, latest)
	}
	return err
}

// refetch fetches all once more, because something is not offered.
func (v *preview) refetch(ctx context.Context, why string) error {
	if len(v.planned) == 0 || !v.fetch(ctx, why, true) {
		_, err := v.fetchPrivately(ctx, why)
		return err
	}
	return nil
}

// fetch fetches the planned repositories, and reports whether the plan uses them. If that
// fails, the plan uses the repositories that are already on the machine, which is better
// than nothing, and a package that they do not have is tried in its turn.
func (v *preview) fetch(ctx context.Context, why string, all bool) (fetched bool) {
	v.end()
	v.end = func() {}
	v.progress("fetching the package index into a private folder: " + why)
	end, err := v.Index.(PreviewIndex).Preview(ctx, v.planned, all)
	if err != nil {
		v.notice(fmt.Sprintf("a plan cannot go by the repositories that this run sets up: %v; going by those that are there", err))
		v.planned = nil
		return false
	}
	v.privately.Store(true)
	v.end = end
	return true
}
