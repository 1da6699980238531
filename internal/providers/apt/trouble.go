package apt

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"converge/internal/process"

	"converge/internal/providers/packages/tool"
)

// trouble is the last complaint of apt-get update: a missing key, an
// unreachable host, a Release file that is not valid yet. Its exit status does
// not tell, because it is 0 in most of these cases.
type trouble struct {
	mu   sync.Mutex
	said string
}

func (t *trouble) setComplaint(said string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.said = said
}

// errorClause completes an error about a package that is not offered.
func (t *trouble) errorClause() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.said == "" {
		return ""
	}
	return "; apt-get update says: " + t.said
}

// updateWarnings are the errors and warnings of apt-get update, each once, in one
// line. What only sums the others up is left out.
func updateWarnings(res tool.Result) string {
	var list []string
	for line := range strings.Lines(res.Stdout + "\n" + res.Stderr) {
		line = process.Plain(strings.TrimSpace(line))
		msg, ok := strings.CutPrefix(line, "E: ")
		if !ok {
			msg, ok = strings.CutPrefix(line, "W: ")
		}
		if !ok || strings.HasPrefix(msg, "Some index files failed to download") || strings.HasPrefix(msg, "Download is performed unsandboxed") || slices.Contains(list, msg) {
			continue
		}
		list = append(list, msg)
	}
	return strings.Join(list, "; ")
}

// asOf tells the age of the package lists that determine the latest version.
func (q *request) asOf() string {
	if q.lists.fresh {
		return "by the package lists as they were fetched just now"
	}
	return q.sources.asOf()
}

// asOf tells when the machine's package lists were last fetched.
func (s *sources) asOf() string {
	at := s.newestTime(listsDir, listsDir+"/partial")
	if at.IsZero() {
		return "by package lists that were never fetched"
	}
	return "by the package lists that were fetched " + at.Format("2006-01-02 15:04") + ", " + formatAge(time.Since(at)) + " ago"
}

// formatAge is a duration in a unit that tells something.
func formatAge(d time.Duration) string {
	switch {
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}
