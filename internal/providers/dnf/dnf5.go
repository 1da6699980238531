package dnf

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"converge/internal/providers/packages/tool"
)

// errDnf5 refuses the other program of that name. Its commands, tables and databases
// are others, and no real one was at hand to run: to guess at them would be to change
// machines by guesses.
var errDnf5 = errors.New("the program dnf of this machine is dnf 5, which converge does not speak: it speaks dnf 4, of RHEL 8 to 10 and Fedora up to 40")

// RunLocked is [tool.Host.RunLocked] for commands of dnf 4.
func (m *machine) RunLocked(ctx context.Context, locks []tool.Lock, lost func(tool.Result) bool, c tool.Command) (tool.Result, error) {
	if m.isDnf5() {
		return tool.Result{}, errDnf5
	}
	return m.Host.RunLocked(ctx, locks, lost, c)
}

// isDnf5 reports whether dnf is a link to dnf5, as in Fedora since version 41.
func (m *machine) isDnf5() bool {
	program, err := tool.FindProgram(m.Root, "dnf")
	if err != nil {
		return false
	}
	target, err := os.Readlink(m.Root + program)
	return err == nil && filepath.Base(target) == "dnf5"
}
