package engine

// behindLost reports whether a resource depends on a failed one, and returns the root cause.
func (r *plan) behindLost(i int, lost map[int]int) (root int, behind bool) {
	if len(lost) == 0 {
		return 0, false
	}
	from, behind := lostBefore(r, i, func(from int) bool {
		at, ok := lost[from]
		return ok && !(r.isProbe(i) && r.steps[at].state == postponed && at >= r.declared)
	})
	return lost[from], behind
}

// lostBefore returns a lost prerequisite of a resource. A directory that makes the resource's folder on the way is none
// if the folder is there without it.
func lostBefore(r *plan, i int, isLost func(from int) bool) (from int, behind bool) {
	for e := range r.Graph.Before(i) {
		if !e.Reason.Guess && isLost(e.From) && (e.Reason.Way == "" || !hasFolder(r, i, e.Reason.Way, isLost)) {
			return e.From, true
		}
	}
	return 0, false
}

// hasFolder reports whether the folder of a resource exists, or a directory that is not lost makes it on the way.
func hasFolder(r *plan, i int, way string, isLost func(from int) bool) bool {
	for e := range r.Graph.Before(i) {
		if e.Reason.Way == way && !isLost(e.From) {
			return true
		}
	}
	return r.Machine.IsThere != nil && r.Machine.IsThere(way)
}
