// Command prepare builds the images and the package repository that test hosts
// need, so that no test has to wait for them:
//
//	go run ./internal/testhost/prepare [base|full|dev|sysv|openrc|dnf|zypper|pacman|repo]...
//
// Without arguments it builds all of them. Existing ones are left alone.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/sync/errgroup"

	"converge/internal/testhost"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	what := os.Args[1:]
	if len(what) == 0 {
		what = []string{"full", "sysv", "dnf", "openrc", "zypper", "pacman", "dev", "repo"}
	}
	if err := prepare(ctx, what); err != nil {
		fmt.Fprintln(os.Stderr, "prepare:", err)
		stop()
		os.Exit(1)
	}
}

// prepare builds missing images, one per processor at a time. Most are based on base, which therefore comes first.
func prepare(ctx context.Context, what []string) error {
	where, err := testhost.Prepare(ctx, "base")
	if err != nil {
		return err
	}
	fmt.Println(where)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.NumCPU())
	for _, w := range what {
		g.Go(func() error {
			where, err := testhost.Prepare(ctx, w)
			if err == nil {
				fmt.Println(where)
			}
			return err
		})
	}
	return g.Wait()
}
