package tool

import "sync"

// View is what a manager goes by instead of the machine's own: paths as it sees them, ""
// for the machine's.
type View struct {
	Cache string // the folder of the index
	Repos string // what names the repositories, a file or a folder
}

// Views is the present [View] of a manager; that of the zero value is the machine's own.
type Views struct {
	mu  sync.Mutex
	now View
}

// Now returns the present view.
func (v *Views) Now() View {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.now
}

// Set sets the view, and returns what it was before.
func (v *Views) Set(now View) (before View) {
	v.mu.Lock()
	defer v.mu.Unlock()
	before, v.now = v.now, now
	return before
}
