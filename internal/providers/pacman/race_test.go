package pacman

import (
	"testing"

	"converge/internal/providers/packages/tool"
)

// TestLostRace: a script of a package may run pacman, which the lock of the transaction refuses. The output is that of
// pacman 6.0.2.
func TestLostRace(t *testing.T) {
	const refused = "error: failed to init transaction (unable to lock database)\nerror: could not lock database: File exists\n" +
		"  if you're sure a package manager is not already\n  running, you can remove /var/lib/pacman/db.lck\n"
	const work = ":: Processing package changes...\ninstalling a...\n"
	for _, c := range []struct {
		name string
		res  tool.Result
		want bool
	}{
		{"refused", tool.Result{Status: 1, Stdout: refused}, true},
		{"refused to fetch", tool.Result{Status: 1, Stdout: ":: Synchronizing package databases...\nerror: failed to synchronize all databases (unable to lock database)\n"}, true},
		{"a script of a transaction that succeeded", tool.Result{Stdout: work + refused}, false},
		{"a script of a transaction that failed", tool.Result{Status: 1, Stdout: work + refused + "error: failed to commit transaction\n"}, false},
		{"a hook", tool.Result{Status: 1, Stdout: ":: Running pre-transaction hooks...\n(1/1) Asking...\n" + refused}, false},
	} {
		if got := lostRace(c.res); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
