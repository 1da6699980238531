// Boot starts a host that is down and returns when its init reports the end of
// the boot. It returns the init's verdict: "running", or "degraded" if a unit
// failed.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"converge/internal/testhost"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	what := os.Args[1:]
	if len(what) == 0 {
		what = []string{"base", "full", "dev", "repo"}
	}
	for _, w := range what {
		where, err := testhost.Prepare(ctx, w)
		if err != nil {
			fmt.Fprintln(os.Stderr, "prepare:", err)
			stop()
			os.Exit(1)
		}
		fmt.Println(where)
	}
}
