package resource

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"
)

// Transactor is a Provider that makes many changes at once, cheaper or safer than one by one.
type Transactor interface {
	// Solve forecasts what ApplyAll would do with the changes, while other providers make the changes of beside (never
	// nil). It writes nothing. The error may be [Unsolvable]; the forecast then covers the other changes. A provider
	// that does exactly what it is asked returns a zero Forecast.
	Solve(ctx context.Context, cs []Change, beside iter.Seq[Change]) (Forecast, error)

	// ApplyAll makes the changes. The engine passes all changes that are ready together, in order, and everything that
	// its plan has shown. ApplyAll must refuse to remove anything that planned does not list. A provider that is
	// [AsAsked], or whose kinds are [Kind.Inert], removes nothing else and gets no forecast.
	ApplyAll(ctx context.Context, cs []Change, planned Forecast) Outcome
}

// AsAsked is the Solve of a [Transactor] that does exactly what it is asked.
type AsAsked struct{}

func (AsAsked) doesAsAsked() {}

// DoesAsAsked reports whether a provider is [AsAsked].
func DoesAsAsked(p Transactor) bool {
	_, ok := p.(interface{ doesAsAsked() })
	return ok
}

// Solve implements [Transactor].
func (AsAsked) Solve(context.Context, []Change, iter.Seq[Change]) (Forecast, error) {
	return Forecast{}, nil
}

// Forecast is the answer of a [Transactor] to all changes that are planned for it.
type Forecast struct {
	Changes []Change // the requested changes, refined (exact versions), same order; nil: exactly as requested
	Also    []Change // what happens to things that nobody declared: Undeclared, sorted by address

	// Later returns what the run is to make after ApplyAll, by any provider, in order; listing it takes as long as the
	// plan is. Only ApplyAll gets it; nil: nothing.
	Later func() []Change

	// Recorded returns the recorded form of the change at an index, and what it makes in addition, as the journal has
	// them. Only ApplyAll gets it; nil: they are not recorded.
	Recorded func(i int) (full Change, also []Change)
}

// Select returns the forecast of some of the changes, by their indexes.
func (f Forecast) Select(of []int) Forecast {
	if all := f.Recorded; all != nil {
		f.Recorded = func(i int) (Change, []Change) { return all(of[i]) }
	}
	if all := f.Changes; all != nil {
		f.Changes = make([]Change, len(of))
		for k, i := range of {
			f.Changes[k] = all[i]
		}
	}
	return f
}

// ListLater returns what the run is to make after ApplyAll.
func (f Forecast) ListLater() []Change {
	if f.Later == nil {
		return nil
	}
	return f.Later()
}

// Outcome is everything that [Transactor]'s ApplyAll achieved.
type Outcome struct {
	Errs []error     // the error of each change; a change without an error was made
	Also []Change    // what was done to other things, even by a failed change: Undeclared, sorted by address
	At   []time.Time // when each change took effect, where the provider knows better than the engine; zero: it does not
	Made []Change    // what each change came to, if not as forecast: another version, for example; zero: as forecast
}

// Err returns the error of the i-th change.
func (o Outcome) Err(i int) error { return elementAt(o.Errs, i) }

// TookEffectAt returns when the i-th change took effect; zero: that is not known.
func (o Outcome) TookEffectAt(i int) time.Time { return elementAt(o.At, i) }

// MadeAs returns what the i-th change came to; zero: as forecast.
func (o Outcome) MadeAs(i int) Change { return elementAt(o.Made, i) }

// elementAt returns an element of a slice that may be shorter.
func elementAt[T any](s []T, i int) (element T) {
	if i < len(s) {
		element = s[i]
	}
	return element
}

// Unsolvable is the error of Solve when it is known which of the changes cannot be made, and why.
type Unsolvable map[Addr]error

// OrNil returns u as an error; nil if it names no change.
func (u Unsolvable) OrNil() error {
	if len(u) == 0 {
		return nil
	}
	return u
}

func (u Unsolvable) Error() string {
	addrs := slices.SortedFunc(maps.Keys(u), Addr.Compare)
	msgs := make([]string, len(addrs))
	for i, a := range addrs {
		msgs[i] = a.String() + ": " + u[a].Error()
	}
	return strings.Join(msgs, "; ")
}

// ErrCertain is wrapped by a solver's error that no pending change can resolve, unless that is opaque: a number that
// another account has. See [Certain].
var ErrCertain = errors.New("it cannot come right")

// Certain makes err wrap [ErrCertain], with the same text.
func Certain(err error) error { return marked{err, ErrCertain} }

// ErrBusy is wrapped by the refusal of a removal only because the thing is in use now.
var ErrBusy = errors.New("it is in use")

// Busy makes err wrap [ErrBusy], with the same text.
func Busy(err error) error { return marked{err, ErrBusy} }

// ErrUnfinished is wrapped by an error of ApplyAll if the thing is in place and only its own script has failed. It is
// tried again when more of the run has been done. See [Unfinished].
var ErrUnfinished = errors.New("its own script has failed")

// Unfinished makes err wrap [ErrUnfinished], with the same text.
func Unfinished(err error) error { return marked{err, ErrUnfinished} }

// ErrUntouched is wrapped by an error of ApplyAll if it made no part of the change: whatever exists there has another
// origin.
var ErrUntouched = errors.New("nothing of it was made")

// Untouched makes err wrap [ErrUntouched], with the same text.
func Untouched(err error) error { return marked{err, ErrUntouched} }

// ErrLeft is wrapped by an error of ApplyAll if the operation continues without this run, which has to end. The next
// run finds out how it ended.
var ErrLeft = errors.New("it is not waited for")
