package apt

import (
	"fmt"
	"strings"
)

// shownLines is how many lines of output an error carries.
const shownLines = 20

// transactionError is a transaction that did not go through: perhaps for one
// package only.
type transactionError struct {
	program string
	res     result
	err     error // it could not be run to its end
	reasons map[string]string
}

func newTransactionError(program string, res result, err error) *transactionError {
	return &transactionError{program, res, err, dpkgErrors(res.stdout + "\n" + res.stderr)}
}

func (e *transactionError) Unwrap() error { return e.err }

func (e *transactionError) Error() string {
	msg := fmt.Sprintf("%s failed: %s", e.program, complaint(e.res))
	if e.err != nil {
		msg = e.err.Error()
	}
	return msg + e.output()
}

// unfetched reports whether nothing was done because a package was not where
// the package lists say.
func (e *transactionError) unfetched() bool {
	return e.err == nil && strings.Contains(e.res.stdout, "\nE: Failed to fetch ")
}

// output is the end of what the program said, indented.
func (e *transactionError) output() string {
	t := tail(e.res.stdout+"\n"+e.res.stderr, shownLines)
	if t == "" {
		return ""
	}
	return "\n  " + strings.ReplaceAll(t, "\n", "\n  ")
}

// about is the error of one package, which the database has as now.
func (e *transactionError) about(name string, now pkg) error {
	why, ok := e.reasons[name]
	switch {
	case ok:
	case e.err != nil:
		return e
	case now.gone():
		why = e.program + " has not installed it: " + complaint(e.res)
	case now.installed():
		why = e.program + " has left it at version " + now.version + ": " + complaint(e.res)
	default:
		why = e.program + " has left it " + now.state + ": " + complaint(e.res)
	}
	if e.err != nil {
		return fmt.Errorf("cannot change %s: %s (%w)%s", name, why, e.err, e.output())
	}
	return fmt.Errorf("cannot change %s: %s%s", name, why, e.output())
}

// dpkgErrors reads what dpkg says of the packages it has failed with:
//
//	dpkg: error processing package NAME (--configure):
//	 installed NAME package post-installation script subprocess returned error exit status 7
//	dpkg: error processing archive /…/NAME_1.0_all.deb (--unpack):
//	 trying to overwrite '/usr/bin/x', which is also in package y 1.0
func dpkgErrors(out string) map[string]string {
	found := map[string]string{}
	name := ""
	for line := range strings.Lines(out) {
		line = lastOverwrite(strings.TrimRight(line, "\n"))
		if name != "" && strings.HasPrefix(line, " ") {
			found[name] = strings.TrimSpace(line)
			name = ""
			continue
		}
		name = ""
		rest, ok := strings.CutPrefix(line, "dpkg: error processing ")
		if !ok {
			continue
		}
		what, thing, _ := strings.Cut(rest, " ")
		thing, _, _ = strings.Cut(thing, " ")
		switch what {
		case "package":
			name = thing
		case "archive":
			base := thing[strings.LastIndexByte(thing, '/')+1:]
			name, _, _ = strings.Cut(base, "_")
		}
	}
	return found
}
