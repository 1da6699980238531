package apt

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/resources"
)

// trouble is what apt-get update last complained of: a key that is not there, a
// host that cannot be reached, a Release file that is not valid yet. That it
// exits 0 all the same says little.
type trouble struct {
	mu   sync.Mutex
	said string
}

func (t *trouble) set(said string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.said = said
}

// clause completes an error about a package that is not offered.
func (t *trouble) clause() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.said == "" {
		return ""
	}
	return "; apt-get update says: " + t.said
}

// complaints are the errors and warnings of apt-get update, each once, in one
// line. What only sums the others up is left out.
func complaints(res result) string {
	var list []string
	for line := range strings.Lines(res.stdout + "\n" + res.stderr) {
		line = plain(strings.TrimSpace(line))
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

// asOf says how old the package lists are that say what the latest version is.
func (j *job) asOf() string {
	if j.lists.fresh {
		return "by the package lists as they were fetched just now"
	}
	return j.p.asOf()
}

// asOf says when the machine's package lists were last fetched.
func (p *Provider) asOf() string {
	at := p.newestTime(listsDir, listsDir+"/partial")
	if at.IsZero() {
		return "by package lists that were never fetched"
	}
	return "by the package lists that were fetched " + at.Format("2006-01-02 15:04") + ", " + ago(time.Since(at)) + " ago"
}

// ago is a duration in a unit that tells something.
func ago(d time.Duration) string {
	switch {
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

// Remark implements [resources.Remarker]: a plan says how old the lists are by
// which an installed package is the latest.
func (p *Provider) Remark(_ context.Context, want cty.Value) string {
	if resources.StringAttr(want, "ensure") != "latest" {
		return ""
	}
	return "it is the latest " + p.asOf()
}
