package examples

import (
	"strings"
	"testing"
)

func TestPrivateRepository(t *testing.T) {
	t.Parallel()
	h := start(t, "base")
	h.MustExec(t, "sh", "-c", "rm /etc/apt/sources.list.d/*; rm -rf /var/lib/apt/lists/*")
	site := []string{"--var", "url=file:/srv/repo", "--var", "key=/srv/repo/repo.asc", "/srv/examples/private-repository"}
	plan := h.MustExec(t, append([]string{h.converge, "plan"}, site...)...)
	if !strings.Contains(plan, `version: "1.1"`) {
		t.Errorf("the plan does not show the version that the pin selects:\n%s", plan)
	}
	h.converges(t, site...)
	if got := h.MustExec(t, "dpkg-query", "-W", "-f", "${Version}", "hello-conf"); got != "1.1" {
		t.Errorf("installed is %q", got)
	}
}
