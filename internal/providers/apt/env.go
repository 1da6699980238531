package apt

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"converge/internal/process"
)

// toolEnvironment is what package tools run in: no questions, no restarts of their
// own.
func toolEnvironment(env []string) []string {
	set := []string{
		"DEBIAN_FRONTEND=noninteractive", "DEBCONF_NONINTERACTIVE_SEEN=true",
		"APT_LISTCHANGES_FRONTEND=none", "APT_LISTBUGS_FRONTEND=none", "UCF_FORCE_CONFFOLD=1",
		"NEEDRESTART_MODE=l", "NEEDRESTART_SUSPEND=1",
	}
	if !slices.ContainsFunc(env, func(kv string) bool { return strings.HasPrefix(kv, "HOME=") }) { // cloud-init sets none
		set = append(set, "HOME=/root")
	}
	return process.With(env, set...)
}

const standardPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// findProgram looks only where root's package tools are, not along PATH: a
// tree under a root has its own.
func findProgram(root, name string) (string, error) {
	for dir := range strings.SplitSeq(standardPath, ":") {
		if info, err := os.Stat(root + dir + "/" + name); err == nil && info.Mode()&0o111 != 0 {
			return dir + "/" + name, nil
		}
	}
	if root == "" {
		return "", fmt.Errorf("cannot run %s: this machine has none", name)
	}
	return "", fmt.Errorf("cannot run %s: there is none in %q", name, root)
}
