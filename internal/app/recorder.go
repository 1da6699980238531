package app

import (
	"sync"

	"converge/internal/app/exit"
	"converge/internal/event"
	"converge/internal/journal"
)

// recorder passes the events of an apply on, and has the journal remember what
// failed, was skipped or is held back, and why.
type recorder struct {
	event.Sink
	run *journal.Run

	mu  sync.Mutex
	err error // the first that the journal could not take
}

// Emit implements event.Sink.
func (r *recorder) Emit(e event.Event) {
	r.Sink.Emit(e)
	f := journal.Failure{Resource: e.Resource, Error: e.Error}
	switch e.Type {
	case event.Failed:
	case event.Held:
		f.Verb = e.Verb
	case event.Skipped:
		f.Behind = e.Causes
	default:
		return
	}
	if err := r.run.Fail(f); err != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.err == nil {
			r.err = err
		}
	}
}

// abandonRun records how a run ended that met an error before anything was done.
func (s *session) abandonRun(err error) {
	if s.run == nil || err == nil {
		return
	}
	// The caller returns the error; the journal keeps a copy of it.
	code, why := exit.CodeOf(err), err.Error()
	if code == exit.Interrupted {
		why = "interrupted"
	}
	_ = s.run.Abandon(code, why)
}
