package verify

import (
	"context"
	"sync"
)

// lazy is a value that is made when it is first asked for. No lock is held while it is made, for
// that may run a program: who asks for the same value waits, and for no other.
type lazy[T any] struct {
	mu  sync.Mutex
	now *making[T]
}

// making is one attempt to make a value.
type making[T any] struct {
	done  chan struct{}
	value T
}

// get returns the value, which produce makes unless it is made. What ctx may have cut short is not
// kept.
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
