package apt

import (
	"fmt"
	"strings"

	"converge/internal/providers/packages/tool"
)

// transactionError is a failed transaction: perhaps for one package only.
type transactionError struct {
	program string
	res     tool.Result
	err     error // it could not be run to its end
	reasons map[string]dpkgFailure
}

func newTransactionError(program string, res tool.Result, err error) *transactionError {
	return &transactionError{program, res, err, dpkgErrors(res.Stdout + "\n" + res.Stderr)}
}

func (e *transactionError) Unwrap() error { return e.err }

func (e *transactionError) Error() string {
	msg := fmt.Sprintf("%s failed: %s", e.program, firstErrors(e.res))
	if e.err != nil {
		msg = e.err.Error()
	}
	return msg + e.outputTail()
}

// failedToFetch reports whether nothing was done because a package was not where the package lists have it.
func (e *transactionError) failedToFetch() bool {
	return e.err == nil && strings.Contains(e.res.Stdout, "\nE: Failed to fetch ")
}

// needsNoSolution reports whether the failure, before apt has shown its solution, is not caused by that solution.
// After a signal that ended apt-get, another one must not be started.
func (e *transactionError) needsNoSolution() bool {
	return e.err != nil || e.res.Signal != 0 || e.failedToFetch()
}

// outputTail returns the end of the program's output, indented.
func (e *transactionError) outputTail() string {
	return tool.Indent(tool.LastLines(e.res.Stdout+"\n"+e.res.Stderr, tool.ShownLines))
}

// errorFor is the error of one package, which the database has as now.
func (e *transactionError) errorFor(name string, now pkg) error {
	if f, ok := e.reasons[name]; ok && e.err == nil {
		return f.errorFor(name)
	}
	var why string
	switch {
	case e.err != nil:
		return e
	case now.isGone():
		why = e.program + " has not installed it: " + firstErrors(e.res)
	case now.isInstalled():
		why = e.program + " has left it at version " + now.version + ": " + firstErrors(e.res)
	default:
		why = e.program + " has left it " + now.state + ": " + firstErrors(e.res)
	}
	return fmt.Errorf("cannot change %s: %s%s", name, why, e.outputTail())
}
