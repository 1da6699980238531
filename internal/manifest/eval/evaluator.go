package eval

import (
	"cmp"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Evaluator evaluates the expressions of one manifest and counts what they take.
type Evaluator struct {
	met     *Met
	stopped func() error             // not nil: the result is no longer wanted
	source  func(r hcl.Range) string // the text of a range, "" if it is not known
	place   cty.Type                 // *hcl.Range, of a loop; a capsule type is an identity
	watch   watch
	content atomic.Int64 // bytes of text that were made
	looping sync.Map     // expressions with loops, which were bound
}

// Options are what an evaluator works with.
type Options struct {
	MaxTime time.Duration            // of a processor, for one expression; 0: a bound that no manifest needs
	Stopped func() error             // not nil: the result is no longer wanted
	Source  func(r hcl.Range) string // the text of a range, "" if it is not known
}

// New returns an evaluator that adds sensitive strings to met.
func New(met *Met, o Options) *Evaluator {
	e := &Evaluator{met: met, stopped: o.Stopped, source: o.Source}
	e.place = cty.Capsule("place", reflect.TypeFor[hcl.Range]())
	e.watch.maxTime = cmp.Or(o.MaxTime, maxTime)
	return e
}

// Watch returns a channel that gets the first excess of memory or time, until
// over is closed. read returns the number of bytes of manifest read so far.
func (e *Evaluator) Watch(over <-chan struct{}, read func() int64) <-chan *hcl.Diagnostic {
	return e.watch.guard(over, read)
}

// Begin counts the time from now on as that of the expression or template at
// the given place. The caller calls what it returns at the end.
func (e *Evaluator) Begin(at *hcl.Range) (end func()) { return e.watch.begin(at).end }
