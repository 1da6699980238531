package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"converge/internal/resource"
)

// needsRoot reports whether root may do what has failed by an error, and this process is not root's.
func (m *Machine) needsRoot(err error) bool {
	return m.Forbids != nil && (errors.Is(err, resource.ErrUnprivileged) || errors.Is(err, fs.ErrPermission))
}

// maxForbidden is how many resources a warning names.
const maxForbidden = 5

// warnUnprivileged warns once of all changes of a plan that need root. They stay in the plan: root may make it.
func (r *planReporter) warnUnprivileged() {
	if r.Machine.Forbids == nil {
		return
	}
	var names []string
	n := 0
	for _, i := range r.order {
		s := &r.steps[i]
		if s.state.idle() || s.err != nil || s.needsNothing() || s.tentative || r.Machine.Forbids(r.Resources[i], s.plan()) == nil {
			continue
		}
		if n++; n <= maxForbidden {
			names = append(names, r.Resources[i].Addr.String())
		}
	}
	switch {
	case n == 0:
		return
	case n == 1:
		r.warn(names[0] + " needs root, and converge does not run as root: run it by sudo, or as root")
		return
	case n > maxForbidden:
		names = append(names, fmt.Sprintf("%d more", n-maxForbidden))
	}
	r.warn(fmt.Sprintf("%d changes need root, and converge does not run as root: run it by sudo, or as root (%s)", n, strings.Join(names, ", ")))
}
