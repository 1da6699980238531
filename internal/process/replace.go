package process

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Replace makes this process another program, with its streams: it returns only
// if that fails. It is for a program that hands its whole command line on; what
// serves a run is started by [Run].
func Replace(name string, argv, env []string) error {
	return fmt.Errorf("cannot run %s: %w", name, unix.Exec(name, argv, env))
}
