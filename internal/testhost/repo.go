package testhost

import (
	"os"
	"path/filepath"
	"testing"
)

// useRepo makes the test repository the only source of a host that is down.
func (h *Host) useRepo(t testing.TB) {
	t.Helper()
	key, err := os.ReadFile(filepath.Join(h.repo, "repo.asc"))
	if err != nil {
		t.Fatal(err)
	}
	h.WriteFile(t, "/etc/apt/keyrings/converge-test.asc", string(key), 0o644)
	h.UseSuite(t, "stable")
}

// UseSuite points apt at a suite of the test repository: "stable", or "old",
// which has only the first version of each package. apt-get update is left to
// the caller.
func (h *Host) UseSuite(t testing.TB, suite string) {
	t.Helper()
	h.WriteFile(t, "/etc/apt/sources.list.d/converge-test.sources", `Types: deb
URIs: file:///srv/repo
Suites: `+suite+`
Components: main
Architectures: amd64
Signed-By: /etc/apt/keyrings/converge-test.asc
`, 0o644)
}
