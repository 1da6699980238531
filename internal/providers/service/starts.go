package service

import (
	"sync"
	"time"
)

// started records a unit that this run started.
type started struct {
	seenUp   bool // since its start; what has it down then came later than the start
	w        wanted
	verb     string
	at       time.Time // when its job had ended
	began    time.Time // when its job began: its journal is shown from here
	restarts int64     // how often systemd had started it again by itself by then
}

// startLog records which units are to run, which of them this run started, and
// which starts have not lasted.
type startLog struct {
	mu      sync.Mutex
	started map[string]started // units that this run started and that are to be judged
	died    map[string]error   // units that this run started and that have not lasted
	watched map[string]wanted  // units that are to run, by primary name: other programs may start them during the run
}

// watch records that a unit is to run, no matter what starts it.
func (l *startLog) watch(unit string, w wanted) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.watched == nil {
		l.watched = map[string]wanted{}
	}
	l.watched[unit] = w
}

// watchedAs returns a unit as the manifest declares that it is to run; w, if it
// does not.
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
	delete(l.died, unit)
}

// forget drops a unit that is to be down.
func (l *startLog) forget(unit string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.started, unit)
	delete(l.died, unit)
}

// noteUp records that a unit has worked since this run started it. If it stops
// later, this run's start is not at fault.
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

// take removes and returns the units that were started and those that are to
// run.
func (l *startLog) take() (map[string]started, map[string]wanted) {
	l.mu.Lock()
	defer l.mu.Unlock()
	started, watched := l.started, l.watched
	l.started, l.watched = nil, nil
	return started, watched
}

// keepVerdict keeps for Observe why a unit is not as declared.
func (l *startLog) keepVerdict(unit string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keepLocked(unit, err)
}

// keepLocked is keepVerdict. The caller holds l.mu.
func (l *startLog) keepLocked(unit string, err error) {
	if l.died == nil {
		l.died = map[string]error{}
	}
	l.died[unit] = err
}

// keepVerdicts keeps the errors of units that the manifest declares to run, for
// the proof to report them with their resource, and returns the other ones.
func (l *startLog) keepVerdicts(errs jobErrors) jobErrors {
	l.mu.Lock()
	defer l.mu.Unlock()
	rest := jobErrors{}
	for unit, err := range errs {
		switch _, declared := l.watched[unit]; {
		case !declared:
			rest[unit] = err
		case !isQueued(err):
			l.keepLocked(unit, err)
		}
	}
	return rest
}

// verdict returns why a unit that this run started has not lasted; nil if it
// has, or has been started again since.
func (l *startLog) verdict(units ...string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, u := range units {
		if err := l.died[u]; err != nil {
			return err
		}
	}
	return nil
}

// jobErrors holds the first error of each unit of which a job failed or, if none
// did, that one was only queued.
type jobErrors map[string]error

// first returns the first error of some units, and that of a queued job only if
// fileExists is no other one.
func (e jobErrors) first(units []string) (first error) {
	for _, unit := range units {
		if ignoreQueued(first) == nil && e[unit] != nil {
			first = e[unit]
		}
	}
	return first
}
