package service

import (
	"cmp"
	"sync"
	"time"
)

// started records a unit that this run started.
type started struct {
	seenUp   bool // since its start; a later stop has another cause than the start
	w        wanted
	verb     string
	at       time.Time // when its job had ended
	began    time.Time // when its job began: its journal is shown from here
	restarts int64     // how often systemd had restarted it by then
}

// startLog records which units should run, and which of them this run started.
type startLog struct {
	mu      sync.Mutex
	started map[string]started // units that this run started and that are to be judged
	watched map[string]wanted  // units that should run, by primary name: other programs may start them during the run
	names   map[string]string  // names that the manifest has for units, by primary name
}

// watch records that a unit should run, even if something else starts it.
func (l *startLog) watch(unit string, w wanted) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.watched == nil {
		l.watched = map[string]wanted{}
	}
	l.watched[unit] = w
}

// name records the manifest's name of a unit. Only this knows an alias that a package of this run has added. The
// primary name takes precedence.
func (l *startLog) name(unit, declared string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.names == nil {
		l.names = map[string]string{}
	}
	if l.names[unit] != unit {
		l.names[unit] = declared
	}
}

// keyOf returns the key of the declared service, by the manifest's name for its unit.
func (l *startLog) keyOf(unit string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return serviceKey + cmp.Or(l.names[unit], unit)
}

// watchedAs returns a unit as the manifest declares that it should run; w, if it does not.
func (l *startLog) watchedAs(unit string, w wanted) wanted {
	l.mu.Lock()
	defer l.mu.Unlock()
	if declared, ok := l.watched[unit]; ok {
		return declared
	}
	return w
}

// remember records that a unit was started, to be judged again at the end.
func (l *startLog) remember(unit string, st started) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.started == nil {
		l.started = map[string]started{}
	}
	l.started[unit] = st
}

// forget drops a unit that should be down.
func (l *startLog) forget(unit string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.started, unit)
}

// noteUp records that a unit has worked since this run started it. If it stops later, this run's start is not the
// cause.
func (l *startLog) noteUp(unit string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if st, ours := l.started[unit]; ours && !st.seenUp {
		st.seenUp = true
		l.started[unit] = st
	}
}

// find returns the record of a unit that this run started.
func (l *startLog) find(unit string) (st started, ours bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	st, ours = l.started[unit]
	return st, ours
}

// take removes and returns the units that were started and those that should run.
func (l *startLog) take() (map[string]started, map[string]wanted) {
	l.mu.Lock()
	defer l.mu.Unlock()
	started, watched := l.started, l.watched
	l.started, l.watched = nil, nil
	return started, watched
}

// isWatched reports whether the manifest declares that a unit should run.
func (l *startLog) isWatched(unit string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, declared := l.watched[unit]
	return declared
}

// jobErrors holds the first error of each unit with a failed job or, if none failed, the error that one was only
// queued.
type jobErrors map[string]error

// first returns the first error of some units, and that of a queued job only if there is no other one.
func (e jobErrors) first(units []string) (first error) {
	for _, unit := range units {
		if ignoreQueued(first) == nil && e[unit] != nil {
			first = e[unit]
		}
	}
	return first
}
