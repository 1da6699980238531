package service

import (
	"context"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/godbus/dbus/v5"

	"converge/internal/process"
)

// ownUnit is the unit that contains this process, "" if it is in none that could delay others.
func ownUnit() string { return process.ServiceOf("self") }

// listWaitingUnits are the units that do not come up, or go down, before this process has ended: its own, and those of
// the processes that called it, which may have put it into a scope. A login's ancestors are daemons that are up; only
// a oneshot waits for its command.
func listWaitingUnits(ctx context.Context, b *bus) []string {
	var out []string
	own := ownUnit()
	for _, unit := range listCallingUnits() {
		p, err := b.readUnitProps(ctx, unit)
		if err != nil || isUp(p) && p.str("ActiveState") != stReloading {
			continue
		}
		if unit == own || p.str("Type") == "oneshot" {
			out = append(out, unit)
		}
	}
	return out
}

// listCallingUnits returns the services that contain this process and its ancestors.
func listCallingUnits() []string {
	var out []string
	for pid := os.Getpid(); pid > 1; {
		if unit := process.ServiceOf(strconv.Itoa(pid)); unit != "" {
			out = appendNew(out, []string{unit})
		}
		s, ok := process.StatOf(pid)
		if !ok {
			break
		}
		pid = s.Parent
	}
	return out
}

// waitingJob is one element of the answer of GetBefore: a job that another job waits for.
type waitingJob struct {
	ID    uint32
	Unit  string
	Type  string
	State string
	Job   dbus.ObjectPath
	Path  dbus.ObjectPath
}

// Bounds for the interval of checks whether a job waits for us.
const (
	askFirst = 50 * time.Millisecond
	askLast  = time.Second
)

// findWaitedUnit returns the unit of own for which a job waits, perhaps through others; "" if there is none.
// cloud-init's last stage runs our caller and has not "started" before that has ended: waiting in it for a unit that
// is ordered after it would never end.
func findWaitedUnit(ctx context.Context, b *bus, j *job, own []string) string {
	if len(own) == 0 {
		return ""
	}
	return findReached(waitingJob{ID: uint32(j.id), Unit: j.unit}, own, func(w waitingJob) []waitingJob {
		after := listJobsBefore(ctx, b, w.ID)
		for _, unit := range listUnitsWaitedFor(ctx, b, w.Unit) {
			after = append(after, waitingJob{ID: findJob(ctx, b, unit), Unit: unit})
		}
		return after
	})
}

// listJobsBefore returns the jobs in the queue that a job waits for.
func listJobsBefore(ctx context.Context, b *bus, id uint32) []waitingJob {
	if id == 0 {
		return nil
	}
	var before []waitingJob
	path := managerPath + "/job/" + dbus.ObjectPath(strconv.FormatUint(uint64(id), 10))
	if err := b.call(ctx, path, jobFace+".GetBefore", nil, &before); err != nil {
		return nil // it has ended, or systemd is older than 236: the time limit remains
	}
	return before
}

// findJob returns the number of a unit's job in the queue, or 0.
func findJob(ctx context.Context, b *bus, unit string) uint32 {
	p, err := b.readProps(ctx, unitPath(unit), unitFace)
	if err != nil {
		return 0
	}
	job, _ := p["Job"].Value().([]any)
	if len(job) == 0 {
		return 0
	}
	id, _ := job[0].(uint32)
	return id
}

// findReached follows the jobs and units that job waits for, and returns the first unit that is in units, or "".
func findReached(job waitingJob, units []string, after func(waitingJob) []waitingJob) string {
	type node struct {
		id   uint32
		unit string
	}
	seen := map[node]bool{{job.ID, job.Unit}: true}
	for todo := []waitingJob{job}; len(todo) > 0; todo = todo[1:] {
		for _, j := range after(todo[0]) {
			if slices.Contains(units, j.Unit) {
				return j.Unit
			}
			if n := (node{j.ID, j.Unit}); !seen[n] {
				seen[n] = true
				todo = append(todo, j)
			}
		}
	}
	return ""
}
