package service

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"converge/internal/resource"
)

// maxClosure is how many units are followed from one.
const maxClosure = 64

// forecaster foresees from systemd's own properties what other units make of the start or stop of one.
type forecaster struct {
	bus    *bus
	starts *startLog
	known  map[string]props
}

func (f *forecaster) read(ctx context.Context, unit string) props {
	if p, ok := f.known[unit]; ok {
		return p
	}
	p, err := f.bus.readProps(ctx, unitPath(unit), unitFace)
	if err != nil {
		p = nil // the change will tell
	}
	f.known[unit] = p
	return p
}

// follow returns a unit and all that its properties of these names lead to.
func (f *forecaster) follow(ctx context.Context, unit string, by ...string) []string {
	out := []string{unit}
	for i := 0; i < len(out) && len(out) < maxClosure; i++ {
		for _, name := range by {
			out = appendNew(out, f.read(ctx, out[i]).strs(name))
		}
	}
	return out
}

// refuseConflict refuses the start of a unit that stops another one which is to run as well: either conflicts with the
// other, or what either requires does.
func (f *forecaster) refuseConflict(ctx context.Context, unit string, o resource.Outlook) error {
	for _, own := range f.follow(ctx, unit, "Requires", "BindsTo") {
		p := f.read(ctx, own)
		for _, other := range appendNew(slices.Clone(p.strs("Conflicts")), p.strs("ConflictedBy")) {
			if strings.HasSuffix(other, ".target") && !f.starts.isWatched(other) { // shutdown.target, of nearly every unit
				continue
			}
			for _, with := range f.follow(ctx, other, "RequiredBy", "BoundBy") {
				if with != unit && f.starts.isWatched(with) && (isUp(f.read(ctx, with)) || isToStart(with, o)) {
					return fmt.Errorf("cannot run unit %s beside %s, which is declared to run as well: %s; let one of them be stopped",
						unit, with, explainConflict(unit, own, other, with))
				}
			}
		}
	}
	return nil
}

// explainConflict says which units conflict, and why they are there.
func explainConflict(unit, own, other, with string) string {
	why := fmt.Sprintf("%s conflicts with %s", own, other)
	if own != unit {
		why += fmt.Sprintf(", and %s requires %s", unit, own)
	}
	if other != with {
		why += fmt.Sprintf(", and %s requires %s", with, other)
	}
	return why
}

// isToStart reports whether the plan starts a unit.
func isToStart(unit string, o resource.Outlook) bool { return isPlanned(unit, o, isTrue) }

// isPlanned reports whether the plan changes whether a unit runs, to what is wanted.
func isPlanned(unit string, o resource.Outlook, wants func(*bool) bool) bool {
	return o.Expected != nil && slices.ContainsFunc(o.Expected.Changes, func(c resource.Change) bool {
		w, err := decodeWanted(c.Want)
		return err == nil && w.unit == unit && c.Differs("running") && wants(w.running)
	})
}

// noteTriggers notes the active sockets, timers and paths that start a stopped unit again; "" if there are none.
func (f *forecaster) noteTriggers(ctx context.Context, unit string, o resource.Outlook) string {
	var up []string
	for _, trigger := range f.read(ctx, unit).strs("TriggeredBy") {
		if isUp(f.read(ctx, trigger)) && !isPlanned(trigger, o, isFalse) {
			up = append(up, trigger)
		}
	}
	if len(up) == 0 {
		return ""
	}
	slices.Sort(up)
	verb, it := " is", "it"
	if len(up) > 1 {
		verb, it = " are", "them"
	}
	return strings.Join(up, ", ") + verb + " active and may start it again: declare " + it + " with running = false, too"
}

// forecastJob foresees what the start or stop of a unit comes to, by the units that are loaded now.
func (s *systemd) forecastJob(ctx context.Context, w wanted, o resource.Outlook) (note string, err error) {
	b, err := s.client.connect(ctx)
	if err != nil {
		return "", nil //nolint:nilerr // the change will tell
	}
	f := &forecaster{bus: b, starts: s.starts, known: map[string]props{}}
	id := f.read(ctx, w.unit).str("Id")
	switch {
	case id == "" || o.Pending != resource.NothingPending:
	case isTrue(w.running):
		return "", f.refuseConflict(ctx, id, o)
	case isFalse(w.running):
		note = f.noteTriggers(ctx, id, o)
	}
	return note, nil
}
