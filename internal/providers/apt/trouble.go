package apt

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"converge/internal/process"

	"converge/internal/providers/packages/tool"
)

// trouble is the last complaint of apt-get update: a missing key, an unreachable host, a Release file that is not
// valid yet. Its exit status does not show it, because it is 0 in most of these cases.
type trouble struct {
	mu    sync.Mutex
	said  string
	lacks bool // some package lists could not be fetched
}

func (t *trouble) setComplaint(said string, lacks bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.said, t.lacks = said, lacks
}

// whyLacking is why some package lists could not be fetched; nil: all were, as far as any
// were due.
func (t *trouble) whyLacking() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.lacks {
		return nil
	}
	return fmt.Errorf("cannot fetch all package lists: %s", cmp.Or(t.said, "apt-get update does not say why"))
}

// someFailed is how apt-get update sums up that lists could not be fetched. It may end
// with 0 then.
const someFailed = "Some index files failed to download"

// errorClause completes an error about a package that is not offered.
func (t *trouble) errorClause() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.said == "" {
		return ""
	}
	return "; apt-get update says: " + t.said
}

// updateWarnings are the errors and warnings of apt-get update, each once, in one line, without those that only sum up
// others.
func updateWarnings(res tool.Result) string {
	var list []string
	for line := range strings.Lines(res.Stdout + "\n" + res.Stderr) {
		line = process.Plain(strings.TrimSpace(line))
		msg, ok := strings.CutPrefix(line, "E: ")
		if !ok {
			msg, ok = strings.CutPrefix(line, "W: ")
		}
		if !ok || strings.HasPrefix(msg, someFailed) || strings.HasPrefix(msg, "Download is performed unsandboxed") || slices.Contains(list, msg) {
			continue
		}
		list = append(list, msg)
	}
	return strings.Join(list, "; ")
}

// asOf is the age of the package lists that determine the latest version.
func (q *request) asOf() string {
	switch {
	case !q.lists.fetched:
		return q.sources.asOf()
	case q.lists.lacking != nil:
		return "by those package lists that could be fetched just now"
	}
	return "by the package lists as they were fetched just now"
}

// asOf is when the machine's package lists were last fetched.
func (s *sources) asOf() string {
	at := s.newestTime(listsDir, listsDir+"/partial")
	if at.IsZero() {
		return "by package lists that were never fetched"
	}
	return "by the package lists that were fetched " + tool.FormatSince(at)
}
