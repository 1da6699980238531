package verify

import (
	"context"
	"sync"
)

// lazy is a value that is produced on first use. No lock is held meanwhile, because that may run a program: only callers
// that need the same value wait.
type lazy[T any] struct {
	mu  sync.Mutex
	now *making[T]
}

// making is one attempt to produce a value.
type making[T any] struct {
	done  chan struct{}
	value T
}

// get returns the value, which produce makes on first use. A value that the end of ctx may have cut short is not kept.
func (l *lazy[T]) get(ctx context.Context, produce func() T) T {
	l.mu.Lock()
	m := l.now
	if m != nil {
		l.mu.Unlock()
		<-m.done
		return m.value
	}
	m = &making[T]{done: make(chan struct{})}
	l.now = m
	l.mu.Unlock()
	defer close(m.done)
	m.value = produce()
	if ctx.Err() != nil {
		l.mu.Lock()
		l.now = nil
		l.mu.Unlock()
	}
	return m.value
}
