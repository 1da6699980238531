package engine

import (
	"strings"

	"converge/internal/event"
)

// owedToQueued is the number of targets that are owed what was handed over
// already and comes after this run.
func (r *run) owedToQueued() int {
	n := 0
	for _, e := range r.queue.Entries() {
		n += one(r.queued[e.Owner])
	}
	return n
}

// reportQueued names each job that was queued, by the resource that it is for.
func (r *run) reportQueued() {
	for _, q := range r.result.Queued {
		e := event.Event{Type: event.Queued, Time: r.Now().Wall, Verb: q.Verb, Message: q.Key, Causes: []string{q.For}}
		if i, ok := r.named(q.Key); ok {
			e.Resource, e.Kind = r.Resources[i].Addr.String(), r.Resources[i].Addr.Kind
		} else {
			_, e.Resource, _ = strings.Cut(q.Key, ":")
		}
		r.Events.Emit(e)
	}
}

// named finds the resource whose provider may queue jobs and whose label is the
// name in the key.
func (r *run) named(key string) (int, bool) {
	_, name, _ := strings.Cut(key, ":")
	for i, res := range r.Resources {
		if r.Machine.finishes(res.Provider()) && res.Label() == name {
			return i, true
		}
	}
	return 0, false
}
