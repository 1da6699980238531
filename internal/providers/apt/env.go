package apt

import (
	"fmt"
	"os"
	"strings"
)

// environment is what package tools run in: no questions, no translations, no
// restarts of their own.
func environment(inherited []string) []string {
	var out []string
	home, path := false, false
	for _, kv := range inherited {
		k, _, _ := strings.Cut(kv, "=")
		switch {
		case k == "LANG", k == "LANGUAGE", strings.HasPrefix(k, "LC_"), k == "NOTIFY_SOCKET",
			strings.HasPrefix(k, "DEBIAN_"), strings.HasPrefix(k, "DEBCONF_"), strings.HasPrefix(k, "NEEDRESTART_"),
			strings.HasPrefix(k, "APT_LISTCHANGES_"), strings.HasPrefix(k, "APT_LISTBUGS_"), strings.HasPrefix(k, "UCF_"):
			continue
		}
		home, path = home || k == "HOME", path || k == "PATH"
		out = append(out, kv)
	}
	if !home { // cloud-init sets none
		out = append(out, "HOME=/root")
	}
	if !path {
		out = append(out, "PATH="+standardPath)
	}
	return append(out,
		"LC_ALL=C", "LANG=C", "DEBIAN_FRONTEND=noninteractive", "DEBCONF_NONINTERACTIVE_SEEN=true",
		"APT_LISTCHANGES_FRONTEND=none", "APT_LISTBUGS_FRONTEND=none", "UCF_FORCE_CONFFOLD=1",
		"NEEDRESTART_MODE=l", "NEEDRESTART_SUSPEND=1")
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
