package service

import (
	"time"

	"golang.org/x/sys/unix"
)

// findStart returns when the unit read its files: when its main process was started,
// or, without one, when the unit began to come up.
func findStart(p props) time.Duration {
	us := p.num("ExecMainStartTimestampMonotonic")
	if us == 0 {
		us = p.num("InactiveExitTimestampMonotonic")
	}
	return time.Duration(us) * time.Microsecond
}

// findDefinition returns the latest moment at which the unit's file or one of its
// drop-ins came to be as it is.
func findDefinition(p props) time.Time {
	return findNewest(append(p.strs("DropInPaths"), p.str("FragmentPath"), p.str("SourcePath")))
}

// findNewest returns the latest moment at which one of the files came to be as it is.
func findNewest(paths []string) (latest time.Time) {
	for _, path := range paths {
		var st unix.Stat_t
		if path == "" || unix.Stat(path, &st) != nil {
			continue
		}
		if t := time.Unix(st.Ctim.Unix()); t.After(latest) {
			latest = t
		}
	}
	return latest
}
