package apt

import (
	"context"
	"strings"
	"time"

	"converge/internal/providers/packages/tool"
)

// host runs the programs of apt and dpkg.
type host struct {
	*tool.Host
	debs debs
}

// family is the common configuration for programs of apt and dpkg.
func family() tool.Family {
	return tool.Family{
		Manager: "apt",
		Env: []string{
			"DEBIAN_FRONTEND=noninteractive", "DEBCONF_NONINTERACTIVE_SEEN=true",
			"APT_LISTCHANGES_FRONTEND=none", "APT_LISTBUGS_FRONTEND=none", "UCF_FORCE_CONFFOLD=1",
			"NEEDRESTART_MODE=l", "NEEDRESTART_SUSPEND=1",
		},
		Programs: []string{"apt-get", "apt", "dpkg", "dpkg-deb"},
	}
}

// runLocked runs a program that needs locks.
func (h *host) runLocked(ctx context.Context, locks []string, c tool.Command) (tool.Result, error) {
	return h.RunLocked(ctx, h.locksOf(locks...), lostRace, c)
}

// lostRace reports whether a program failed because another one had a lock, before it did anything.
func lostRace(res tool.Result) bool {
	return tool.Refusal{
		Says: []string{
			"E: Could not get lock ", "E: Unable to acquire the dpkg frontend lock",
			"dpkg: error: dpkg frontend lock was locked", "dpkg: error: dpkg database lock was locked",
			"dpkg: error: dpkg frontend lock is locked", "dpkg: error: dpkg status database is locked",
		},
		Does: []string{
			"Preconfiguring packages", "Preparing to unpack ", "Unpacking ", "Setting up ", "Removing ", "Purging ", "Processing triggers ",
		},
	}.IsOf(res)
}

// waitLocks returns when all locks are free.
func (h *host) waitLocks(ctx context.Context, patience time.Duration, locks ...string) error {
	return h.WaitLocks(ctx, patience, h.locksOf(locks...)...)
}

// progressLine passes on the lines of apt and dpkg that announce their next step.
func (h *host) progressLine() func(string) {
	return func(line string) {
		for _, prefix := range []string{"Get:", "Unpacking ", "Setting up ", "Removing ", "Purging ", "Processing triggers "} {
			if strings.HasPrefix(line, prefix) {
				h.ReportProgress("%s", strings.TrimSuffix(strings.TrimSpace(line), " ..."))
				return
			}
		}
	}
}
