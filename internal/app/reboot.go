package app

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/machine"
	"converge/internal/journal"
	"converge/internal/process"
	"converge/internal/resource"
)

// noRebootHere is the reason why no reboot follows a run without a manifest.
const noRebootHere = "only apply reboots the host"

// rebooting decides whether a reboot may follow the run of a session.
type rebooting struct{ *session }

// restrict records why no reboot follows an apply, or why the run does not continue after it.
func (s rebooting) restrict(f *ApplyOptions, saved bool) {
	if f.NoReboot {
		s.noReboot = "--no-reboot was given"
	}
	if saved {
		s.resume.WhyNot = "a saved plan is applied once"
	}
}

// rebootHost ends an apply whose session ended with err. Everything is closed and written by then. s is nil if there
// was no session.
func rebootHost(ctx context.Context, s *session, err error) error {
	if s == nil || !s.reboots {
		return err
	}
	if failed := s.machine.Reboots.Reboot(context.WithoutCancel(ctx)); failed != nil {
		return exit.With(exit.Incomplete, failed)
	}
	return err
}

// planResume plans how the run of the manifest at path continues after a reboot.
func (s rebooting) planResume(path string) machine.Resume {
	r := machine.Resume{Site: s.id.Name, Partial: s.chosen != nil}
	if !slices.ContainsFunc(s.site.Resources, isReboot) {
		r.WhyNot = "it declares no reboot"
		return r
	}
	if path == "-" || s.id.Name == journal.NoSite {
		r.WhyNot = "its manifest was read from standard input"
		return r
	}
	if r.Unit = ownUnit(); r.Unit != "" {
		return r
	}
	if s.flags.Site.Origin != "" {
		path = "" // it will be fetched again
	}
	if r.WhyNot = whyOnlyNow(path, s.env.Args); r.WhyNot != "" {
		return r
	}
	program, err := os.Executable()
	if err == nil {
		r.Dir, err = os.Getwd()
	}
	if err != nil {
		r.WhyNot = err.Error()
		return r
	}
	r.Argv = append([]string{program}, slices.DeleteFunc(slices.Clone(s.env.Args), isConfirm)...)
	r.Env = slices.DeleteFunc(slices.Clone(s.env.Vars), func(kv string) bool { return !isKept(kv) })
	if slices.ContainsFunc(append(slices.Clone(r.Argv), r.Env...), s.isSecret) {
		r.WhyNot = "its arguments or its environment hold a sensitive value, which is not kept"
	}
	return r
}

// whyOnlyNow explains, in a clause, why a run cannot be repeated after a boot: its inputs do not exist then; "": it
// can. The manifest is at path; "": it is fetched.
func whyOnlyNow(path string, args []string) string {
	for _, arg := range args {
		for _, name := range []string{"/dev/fd/", "/dev/stdin", "/proc/self/"} {
			if strings.HasPrefix(arg, name) || strings.Contains(arg, "="+name) {
				return "one of its arguments is a file of this process: " + arg
			}
		}
	}
	var in unix.Statfs_t
	if unix.Statfs(path, &in) == nil && (in.Type == unix.TMPFS_MAGIC || in.Type == unix.RAMFS_MAGIC) {
		return "its manifest is in a file system in memory, which a boot makes anew"
	}
	return ""
}

// isConfirm reports whether an argument makes the run ask before it begins: the resumed run has no terminal.
func isConfirm(arg string) bool { return arg == "--confirm" || strings.HasPrefix(arg, "--confirm=") }

func isReboot(r *resource.Resource) bool { return r.Kind.Name == "reboot" }

// isSecret reports whether a text contains something that must not be kept.
func (s rebooting) isSecret(text string) bool {
	return s.scrub.String(text) != text || environ.HideURL(text) != text
}

// isKept reports whether a variable of the environment affects a run.
func isKept(kv string) bool {
	name, _, _ := strings.Cut(kv, "=")
	return strings.HasPrefix(name, "CONVERGE_") || strings.HasSuffix(strings.ToLower(name), "_proxy") ||
		slices.Contains([]string{"HOME", "PATH", "XDG_STATE_HOME", "SSL_CERT_FILE", "SSL_CERT_DIR"}, name)
}

// ownUnit returns the service that only runs this run and also exists after a boot; "": there is none.
func ownUnit() string {
	unit := process.ServiceOf("self")
	if unit == "" || os.Getppid() != 1 {
		return ""
	}
	for _, dir := range []string{"/etc/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"} {
		if _, err := os.Stat(filepath.Join(dir, unit)); err == nil {
			return unit
		}
	}
	return ""
}
