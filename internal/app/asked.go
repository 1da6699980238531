package app

import (
	"context"

	"converge/internal/app/exit"
	"converge/internal/engine"
	"converge/internal/journal"
	"converge/internal/resource"
)

// recordAsked records the present questions of the site's checks, so that a later rollback can ask them again: those of
// the manifest after a run without a failure, those of the restored state after a rollback.
func (s rollbacks) recordAsked(ctx context.Context, run *journal.Run, res engine.Result) error {
	switch {
	case s.restored != nil && res.Exit != exit.Interrupted:
		return s.restored.RecordAsked(ctx, run)
	case s.restored != nil || s.holdings == nil || s.chosen != nil || res.Exit != exit.OK:
		return nil
	}
	var probes []*resource.Resource
	for _, r := range s.site.Resources {
		if r.Kind.Probe != nil && !r.Off && !r.Audit {
			probes = append(probes, r)
		}
	}
	return journal.Ask(ctx, run, probes)
}

// scrubText returns a function that removes the session's secrets; nil: there are none.
func (s rollbacks) scrubText() func(string) string {
	if s.scrub == nil {
		return nil
	}
	return s.scrub.String
}
