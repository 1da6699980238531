package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// dependencyError is what systemd says of a job that needs a unit which did not come up.
type dependencyError struct {
	verb, unit string
	needs      []string // what has failed, with its messages; empty: it is not known
}

func (e *dependencyError) Error() string {
	why := "a unit that it depends on failed"
	if len(e.needs) > 0 {
		why += ": " + strings.Join(e.needs, ", ")
	}
	return fmt.Sprintf("cannot %s unit %s: %s", e.verb, e.unit, why)
}

// nameFailedNeeds names in a [dependencyError] the units that have failed of those which the unit cannot be without,
// and what stands behind these, with the messages of each.
func nameFailedNeeds(ctx context.Context, client *client, err error, since time.Time) error {
	var failed *dependencyError
	if !errors.As(err, &failed) {
		return err
	}
	b, cerr := client.connect(ctx)
	if cerr != nil {
		return err
	}
	for todo, k := []string{failed.unit}, 0; k < len(todo) && k < maxKin; k++ {
		p, perr := b.readUnitProps(ctx, todo[k])
		if perr != nil {
			return err
		}
		switch load := p.str("LoadState"); {
		case k > 0 && load != "loaded":
			failed.needs = append(failed.needs, todo[k]+" ("+load+")")
		case k > 0 && p.str("ActiveState") == stFailed:
			failed.needs = append(failed.needs, todo[k]+" ("+explainDown(p)+")"+readJournalTail(ctx, todo[k], since))
		case k == 0 || !isUp(p):
			todo = appendNew(todo, slices.Concat(p.strs("Requires"), p.strs("BindsTo"), p.strs("Requisite")))
		}
	}
	return err
}
