package initd

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"converge/internal/process"
	"converge/internal/resource"
)

// started records a service that this run started.
type started struct {
	w    wanted
	verb string
	at   time.Time
}

// startLog records which services this run started.
type startLog struct {
	mu      sync.Mutex
	started map[string]started // by name
}

func (l *startLog) remember(w wanted, verb string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.started == nil {
		l.started = map[string]started{}
	}
	l.started[w.name] = started{w: w, verb: verb, at: time.Now()}
}

// forget drops a service that should be down.
func (l *startLog) forget(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.started, name)
}

func (l *startLog) take() map[string]started {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.started
	l.started = nil
	return all
}

// Await waits until every service that this run started has been up for its settle time. Its error is
// [resource.Verdicts] on those that did not stay up.
func (p *Provider) Await(ctx context.Context) error {
	verdicts := resource.Verdicts{}
	todo := p.starts.take()
	for _, name := range slices.Sorted(maps.Keys(todo)) {
		verdict, err := p.judge(ctx, todo[name])
		if err != nil {
			return errors.Join(verdicts.OrNil(), err)
		}
		if verdict != nil {
			verdicts[todo[name].w.key] = verdict
		}
	}
	return verdicts.OrNil()
}

// judge returns a verdict on a service that was started and has not lasted.
func (p *Provider) judge(ctx context.Context, st started) (verdict, err error) {
	s, err := readScript(p.fs, st.w.name)
	if err != nil {
		return nil, err
	}
	pid, _, known := p.looker.pids.findProcess(s)
	if left := time.Until(st.at.Add(st.w.settle)); known {
		err = process.AwaitExit(ctx, pid, left)
	} else {
		err = process.Pause(ctx, left)
	}
	if err != nil {
		return nil, err
	}
	c, _, err := p.looker.look(ctx, st.w, s)
	if c == up && known && p.looker.pids.hasEnded(s, pid) {
		c = down // its script's status asks kill -0, which finds a process until the first one takes notice of its end
	}
	if err != nil || c == up || c == unknown {
		return nil, err
	}
	return fmt.Errorf("service %s %w: it is not running any more, %s after its %s",
		st.w.name, resource.ErrShortLived, time.Since(st.at).Round(100*time.Millisecond), st.verb), nil
}

// Finish has nothing to do: scripts are read when they are run, and there is no queue.
func (p *Provider) Finish(context.Context) ([]resource.Queued, error) { return nil, nil }
