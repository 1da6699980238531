// Command prepare builds the images and the package repository that test hosts
// need, so that no test has to wait for them:
//
//	go run ./internal/testhost/prepare [base|full|dev|sysv|openrc|dnf|zypper|pacman|repo]...
//
// Without arguments it builds base, full, dev and repo. Existing ones are left
// alone.
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
