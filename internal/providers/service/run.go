package service

import (
	"context"
	"time"

	"converge/internal/resource"
)

// Expect sets the units that an earlier run only queued. They are checked with more care. Call it before the first
// Observe.
func (p *Provider) Expect(units []string) {
	p.machine.expected = map[string]bool{}
	for _, u := range units {
		p.machine.expected[u] = true
	}
}

// Invalidate implements resource.Invalidator.
func (p *Provider) Invalidate(because []resource.Change) {
	if because == nil || len(because) > 0 {
		p.machine.followed.note(because == nil || changesFile(because))
		p.machine.followed.noteInstalls(because)
	}
	p.machine.forgetFiles()
	if s, ok := p.machine.opened(); ok {
		s.client.forgetListing()
	}
}

// FollowKilled records that an earlier run was killed: it may have changed unit files that systemd has not read.
func (p *Provider) FollowKilled(started time.Time) {
	p.machine.followed.include(started)
	p.machine.followed.note(true)
}

// IsLive reports whether systemd runs the machine.
func (p *Provider) IsLive() bool { return p.machine.isLive() }

// Reload makes systemd read its unit files, and its generators' inputs, if they are not those on the disk, for a
// provider that needs a unit of a file that it has just written.
func (p *Provider) Reload(ctx context.Context) error {
	p.machine.followed.note(true)
	if _, _, err := p.machine.open(); err != nil {
		return err
	}
	s, ok := p.machine.opened()
	if !ok {
		return nil
	}
	b, err := s.client.connect(ctx)
	if err != nil {
		return err
	}
	return s.loader.ensureLoaded(ctx, b, nil)
}

// Await waits until every unit that this run started has been up for a second, or for its settle time. Its error is
// [resource.Verdicts] on those that did not stay up.
func (p *Provider) Await(ctx context.Context) error {
	s, ok := p.machine.opened()
	if !ok {
		return nil
	}
	return s.judge.awaitStarted(ctx)
}

// Finish makes systemd read changes of the run that it has not read. It returns the jobs that this run has left in
// systemd's queue.
func (p *Provider) Finish(ctx context.Context) ([]resource.Queued, error) {
	err := p.machine.catchUpAtEnd(ctx)
	if s, ok := p.machine.opened(); ok {
		return s.left.list(), err
	}
	return nil, err
}
