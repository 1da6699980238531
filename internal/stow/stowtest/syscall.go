package stowtest

import (
	"fmt"

	"golang.org/x/sys/unix"

	"converge/internal/breakpoint"
)

// point is the nth system call of a name in a run.
type point struct {
	call string
	n    int
}

func (p point) String() string { return fmt.Sprintf("%s %d", p.call, p.n) }

// isCounted reports whether a run always makes the same number of these calls. Go's runtime also writes when it wakes a
// thread.
func (p point) isCounted() bool { return p.call != "write" }

// listPoints returns the changing calls of an undisturbed command, in order. stopped, unless nil, is called while the
// command is stopped before each.
func (x *trial) listPoints(stopped func(root string, p point)) []point {
	var points []point
	root := x.makeTree()
	_, out, err := breakpoint.Run(x.newCommand(root), x.Calls, func(c breakpoint.Call) breakpoint.Answer {
		if c.Name == "openat" && !opensToChange(c.Args[2]) {
			return breakpoint.Proceed
		}
		p := point{c.Name, c.N}
		points = append(points, p)
		if stopped != nil {
			stopped(root, p)
		}
		return breakpoint.Proceed
	})
	if err != nil {
		x.t.Fatalf("stopped at its system calls: %v\n%s", err, out)
	}
	return points
}

// opensToChange reports whether the flags of a call open a file to change it.
func opensToChange(flags uint64) bool {
	return flags&(unix.O_CREAT|unix.O_WRONLY|unix.O_RDWR|unix.O_TRUNC) != 0
}
