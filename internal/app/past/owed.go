package past

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"converge/internal/app/exit"
	"converge/internal/journal"
	"converge/internal/notify"
)

// MergeDebts returns the debts, merged by target.
func MergeDebts(state *journal.State) []notify.Entry {
	var q notify.Queue
	for _, d := range state.Owed() {
		q.Add(d, 0)
	}
	return q.Entries()
}

// ChooseOwed returns the entry with a name.
func ChooseOwed(all []notify.Entry, name string) (notify.Entry, error) {
	var found []notify.Entry
	for _, e := range all {
		if slices.Contains(listNames(e), name) {
			found = append(found, e)
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	var names []string
	for _, e := range all {
		names = append(names, e.Target.String()+"."+e.Verb)
	}
	fail := exit.With(exit.Failure, fmt.Errorf("cannot drop what is owed to %s: nothing is", name))
	switch {
	case len(found) > 1:
		var things []string
		for _, e := range found {
			things = append(things, e.Owner.String())
		}
		fail.Err = fmt.Errorf("cannot drop what is owed to %s: it means several: %s", name, strings.Join(things, ", "))
	case len(all) == 0:
		fail.Err = errors.New("cannot drop anything: nothing is owed")
	default:
		if near := exit.Nearest(name, names); near != "" {
			fail.Hints = []string{"did you mean " + near + "?"}
		} else {
			fail.Hints = []string{"converge owed lists what is"}
		}
	}
	return notify.Entry{}, fail
}

// listNames lists the names by which a user may choose an entry.
func listNames(e notify.Entry) []string {
	names := []string{e.Owner.String()}
	if unit, ok := strings.CutPrefix(e.Thing, "service:"); ok {
		names = append(names, "unit:"+unit)
	}
	for _, d := range e.Debts {
		names = append(names, d.Target.String())
	}
	for _, n := range slices.Clone(names) {
		for _, d := range e.Debts {
			names = append(names, n+"."+d.Verb, n+" "+d.Verb)
		}
	}
	return names
}
