package service

import (
	"errors"
	"fmt"

	"converge/internal/resource"
)

// queuedError reports a job that was queued and not waited for, because it waits
// for the unit by, which waits for this process.
type queuedError struct{ unit, verb, by string }

func (e *queuedError) Error() string {
	return fmt.Sprintf("the %s of unit %s %v: it waits for %s, in which this run goes on", e.verb, e.unit, resource.ErrQueued, e.by)
}

func (e *queuedError) Unwrap() error { return resource.ErrQueued }

func isQueued(err error) bool { return errors.Is(err, resource.ErrQueued) }

// ignoreQueued is err, but for jobs that were queued: what Observe finds then
// is as it should be.
func ignoreQueued(err error) error {
	if isQueued(err) {
		return nil
	}
	return err
}

// leaveQueued keeps in mind that a job was left in the queue.
func (s *systemd) leaveQueued(j *job, err error) {
	var q *queuedError
	if !errors.As(err, &q) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queued == nil {
		s.queued = map[string]resource.Queued{}
	}
	if _, ok := s.queued[j.unit]; !ok {
		s.order = append(s.order, j.unit)
	}
	s.queued[j.unit] = resource.Queued{Key: "unit:" + j.unit, Verb: j.verb, For: q.by}
}

// queued are the jobs that this run has left in the queue, in order.
func (p *Provider) queued() []resource.Queued {
	p.mu.Lock()
	s, ok := p.used.(*systemd)
	p.mu.Unlock()
	if !ok {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []resource.Queued
	for _, unit := range s.order {
		out = append(out, s.queued[unit])
	}
	return out
}
