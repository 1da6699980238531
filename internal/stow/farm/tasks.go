package farm

type task struct {
	op      Op
	dropped bool // a later task cancelled it
}

// tasks is a list that grows without copying: most of the cost of a plan is its memory.
type tasks struct {
	chunks []*[chunk]task
	n      int32
}

const chunk = 256

func (t *tasks) at(i int32) *task { return &t.chunks[i/chunk][i%chunk] }

// add appends a task and returns its index.
func (t *tasks) add(op Op) int32 {
	if int(t.n) == len(t.chunks)*chunk {
		t.chunks = append(t.chunks, new([chunk]task))
	}
	t.n++
	t.at(t.n - 1).op = op
	return t.n - 1
}

// left counts the tasks that were not cancelled.
func (t *tasks) left() (n int) {
	for i := range t.n {
		if !t.at(i).dropped {
			n++
		}
	}
	return n
}
