package process

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Replace replaces this process by another program with the same streams: it returns only if that fails. It is for a
// program that forwards its whole command line; programs of a run are started by [Run].
func Replace(name string, argv, env []string) error {
	return fmt.Errorf("cannot run %s: %w", name, unix.Exec(name, argv, env))
}
