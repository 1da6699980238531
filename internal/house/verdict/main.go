// Command verdict reads what go test -json writes and passes on what a person
// wants to see of it: one line for each package, the output of what failed, and
// which tests took longest.
// It exits with 1 if a test failed or was skipped: where a test cannot run,
// nothing is known of what it would have shown.
package main

import (
	"fmt"
	"os"
)

func main() {
	v := newVerdict(os.Stdout) // not buffered: a run may be cut off
	err := v.read(os.Stdin)
	v.showSlowest()
	if err == nil {
		err = v.judge()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "verdict:", err)
		os.Exit(1)
	}
}
