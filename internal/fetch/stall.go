package fetch

import (
	"context"
	"errors"
	"sync"
	"time"
)

// stall ends a request whose data arrives too slowly: a server that sends a byte now and then would never time out, and
// never finish.
type stall struct {
	mu      sync.Mutex
	bytes   int64
	timer   *time.Timer
	stopped bool // nothing is read any more
	ended   bool // stall has ended the request
}

func watchStall(cancel context.CancelCauseFunc) *stall {
	s := &stall{}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.timer = time.AfterFunc(stallTime, func() { s.checkProgress(cancel) })
	return s
}

// checkProgress is called at the end of each period.
func (s *stall) checkProgress(cancel context.CancelCauseFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.stopped:
	case s.bytes < stallBytes:
		s.ended = true
		cancel(errors.New("it stalled"))
	default:
		s.bytes = 0
		s.timer.Reset(stallTime)
	}
}

func (s *stall) addBytes(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bytes += n
}

// Write implements [io.Writer] for skipped bytes: they are progress too.
func (s *stall) Write(p []byte) (int, error) {
	s.addBytes(int64(len(p)))
	return len(p), nil
}

func (s *stall) isStalled() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}

func (s *stall) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	s.timer.Stop()
}
