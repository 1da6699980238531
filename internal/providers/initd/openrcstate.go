package initd

import (
	"fmt"
	"strings"
)

// openrcDir is the folder of OpenRC's record of started services: a folder for each state, with a link for each
// service in it, and values that services have set (rc_service_state(3)).
const openrcDir = "/run/openrc"

// readOpenRC determines from files whether a service of an OpenRC script runs. known is false if the files do not show
// it.
//
// OpenRC itself believes that a service runs until it is stopped. The pid file that the service has named reveals a
// process that has ended since.
func (l looker) readOpenRC(s script) (c condition, known bool, err error) {
	switch is, err := l.isInState(s, "started"); {
	case err != nil:
		return unknown, false, err
	case is:
		processes, named := l.pids.namedProcesses(s)
		if !named || definesStatus(s) {
			return unknown, false, nil
		}
		for _, p := range processes {
			if !l.pids.runs(s, p) {
				return crashed, true, nil
			}
		}
		return up, true, nil
	}
	for _, state := range []string{"inactive", "starting", "stopping"} {
		if is, err := l.isInState(s, state); err != nil || is {
			return unknown, false, err // its status has more information
		}
	}
	return down, !definesStatus(s), nil
}

func (l looker) isInState(s script, state string) (bool, error) {
	_, err := l.fs.Lstat(openrcDir + "/" + state + "/" + s.name)
	if err != nil && !isMissing(err) {
		return false, fmt.Errorf("cannot look at the state of service %s: %w", s.name, err)
	}
	return err == nil, nil
}

// definesStatus reports whether a script has a status of its own, which knows better.
func definesStatus(s script) bool {
	for line := range strings.Lines(s.text) {
		line = strings.TrimPrefix(strings.TrimSpace(line), "function ")
		if rest, ok := strings.CutPrefix(line, "status"); ok && strings.HasPrefix(strings.TrimSpace(rest), "(") {
			return true
		}
	}
	return false
}
