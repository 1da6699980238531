package engine

import "converge/internal/resource"

// joinAlso returns what tasks make on the way, each thing once: two directories may need one folder that
// is missing, by two names of it.
func joinAlso(tasks []task) (also []resource.Change) {
	begun := map[string]bool{}
	for _, t := range tasks {
		for _, c := range t.also {
			if !begun[c.Key] {
				begun[c.Key], also = true, append(also, c)
			}
		}
	}
	return also
}

// fileAlsoOnce leaves what several tasks make on the way to one of them, which has made it if any has:
// that another one has come to nothing must not end it. It gets the name by which it was begun.
func fileAlsoOnce(tasks []task) {
	begun := joinAlso(tasks)
	if len(begun) == 0 {
		return
	}
	by := map[string]int{}
	for k, t := range tasks {
		for _, c := range t.also {
			if first, known := by[c.Key]; !known || tasks[first].cameToNothing() && !t.cameToNothing() {
				by[c.Key] = k
			}
		}
		tasks[k].also = nil
	}
	for _, c := range begun {
		by := &tasks[by[c.Key]]
		by.also = append(by.also, c)
	}
}

// cameToNothing reports whether nothing of the change of a task was made.
func (t *task) cameToNothing() bool { return t.err != nil && t.isUnchanged() }
