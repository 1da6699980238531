package undo

import (
	"errors"
	"testing"

	"converge/internal/engine"
	"converge/internal/resource"
)

// A change that another change takes back causes neither a warning nor a refusal.
func TestLostIsSorted(t *testing.T) {
	other := errors.New("it is gone")
	for _, c := range []struct {
		err             error
		force           bool
		warned, refused int
	}{
		{errByOthers, false, 0, 0},
		{errByOthers, true, 0, 0},
		{resource.ErrOpaque, false, 1, 0},
		{other, false, 0, 1},
		{other, true, 1, 0},
	} {
		u := &Reversal{Rollback: &engine.Rollback{Force: c.force, Lost: []engine.Lost{{Err: c.err}}}}
		if warned, refused := u.sortLost(); len(warned) != c.warned || len(refused) != c.refused {
			t.Errorf("%v, force %v: %d warned of, %d refused", c.err, c.force, len(warned), len(refused))
		}
	}
}
