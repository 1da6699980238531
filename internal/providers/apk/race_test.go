package apk

import (
	"testing"

	"converge/internal/providers/packages/tool"
)

// A script of a package may run apk, which the lock of the transaction refuses.
func TestLostRace(t *testing.T) {
	const refused = "ERROR: Unable to lock database: temporary error (try again later)\nERROR: Failed to open apk database: temporary error (try again later)\n"
	const work = "fetch https://x/main/x86_64/APKINDEX.tar.gz\n(1/1) Installing a (1.0-r0)\nExecuting a-1.0-r0.post-install\n"
	for _, c := range []struct {
		name string
		res  tool.Result
		want bool
	}{
		{"refused", tool.Result{Status: 99, Stdout: refused}, true},
		{"a script of a transaction that succeeded", tool.Result{Stdout: work + refused + "OK: 9 MiB in 2 packages\n"}, false},
		{"a script of a transaction that failed", tool.Result{Status: 1, Stdout: work + refused + "1 error; 9 MiB in 2 packages\n"}, false},
	} {
		if got := lostRace(c.res); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
