// Command stow2 manages a farm of symbolic links: with GNU Stow's command line, crash-safe steps, and several versions
// of packages side by side.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"golang.org/x/sys/unix"

	"converge/internal/stow/cli"
)

// version is set by the linker: -X main.version=v1.2.3. It is never changed, but the linker can only set a variable.
var version = "unreleased" //nolint:gochecknoglobals // see above

// enough is the memory up to which the garbage collector does not run: more than a run over 50,000 links takes.
const enough = 256 << 20

func main() { os.Exit(run()) }

// readVersion returns the linker's version, or the commit for a plain build in a clone.
func readVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok && version == "unreleased" && info.Main.Version != "(devel)" && info.Main.Version != "" {
		return info.Main.Version
	}
	return version
}

func run() int {
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(enough)
	// Never stopped: a signal after the end of the work must not change the exit status.
	ctx, _ := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	dir, err := unix.Getwd() // not $PWD, which may contain links
	if err != nil {
		dir = "."
	}
	return cli.Main(ctx, cli.Env{
		Name: os.Args[0], Manager: "stow2", Args: os.Args[1:], Version: readVersion(), Dir: dir, Lookup: os.LookupEnv,
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	})
}
