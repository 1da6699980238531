package testhost

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

// Require skips the test with a reason if no host can run; with CONVERGE_REQUIRE_HOST=1 it fails instead.
func Require(t testing.TB) {
	t.Helper()
	if why := Missing(t.Context()); why != "" {
		Cannot(t, "this test needs a test host: "+why)
	}
}

// Cannot skips a test that this machine cannot run, with a reason; with CONVERGE_REQUIRE_HOST=1, as in CI, it fails
// instead, so that no test is skipped there unnoticed.
func Cannot(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("CONVERGE_REQUIRE_HOST") == "1" {
		t.Fatal("cannot run here, and CONVERGE_REQUIRE_HOST=1: " + why)
	}
	t.Skip(why)
}

// Missing explains in one sentence why no host can run here; "" if one can.
func Missing(ctx context.Context) string {
	if runtime.GOOS != "linux" {
		return "this is not Linux"
	}
	if id := osRelease()["ID"]; id != "debian" {
		return fmt.Sprintf("this is not Debian (os-release says %q)", id)
	}
	if os.Geteuid() != 0 {
		return "not root"
	}
	var pkgs []string
	for _, tool := range tools() {
		if _, err := exec.LookPath(tool.name); err != nil {
			pkgs = append(pkgs, tool.pkg)
		}
	}
	if len(pkgs) > 0 {
		return "tools are missing: apt-get install " + strings.Join(pkgs, " ")
	}
	out, err := exec.CommandContext(ctx, "unshare", "--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup", "--fork", "true").CombinedOutput()
	if err != nil {
		return fmt.Sprintf("namespaces cannot be made: %v: %s", err, strings.TrimSpace(string(out)))
	}
	return ""
}

// tool is a program that script/testhost calls, and the package that contains it.
type tool struct{ name, pkg string }

func tools() []tool {
	return []tool{
		{"mmdebstrap", "mmdebstrap"},
		{"zstd", "zstd"},
		{"apt-ftparchive", "apt-utils"},
		{"dpkg-deb", "dpkg"},
		{"gpg", "gpg"},
		{"gpgconf", "gpgconf"},
		{"gpg-agent", "gpg-agent"},
		{"mkfs.ext4", "e2fsprogs"},
		{"script", "bsdutils"},
		{"unshare", "util-linux"},
		{"nsenter", "util-linux"},
		{"setpriv", "util-linux"},
		{"ip", "iproute2"},
	}
}

func osRelease() map[string]string {
	b, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return nil
	}
	m := map[string]string{}
	for line := range strings.Lines(string(b)) {
		if k, v, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			m[k] = strings.Trim(v, `"'`)
		}
	}
	return m
}
