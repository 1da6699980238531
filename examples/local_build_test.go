package examples

import (
	"strings"
	"testing"
)

// TestLocalBuild builds a program in two versions, shows one and the other, and
// has a person take it away.
func TestLocalBuild(t *testing.T) {
	t.Parallel()
	h := start(t, "dev")
	stow2 := h.Program(t, "converge/cmd/stow2")
	site := "/srv/examples/local-build"
	greets := func(want string) {
		t.Helper()
		if got := h.ReadFile(t, "/run/greeter"); got != want+"\n" {
			t.Errorf("the service says %q, want %q", got, want)
		}
	}
	planned := func(exit int, want string, args ...string) {
		t.Helper()
		r, err := h.Exec(t.Context(), append([]string{h.converge, "plan"}, args...)...)
		if err != nil || r.Exit != exit || !strings.Contains(r.Stdout, want) {
			t.Errorf("plan %q: exit status %d, %v, want %d and %q in\n%s%s", args, r.Exit, err, exit, want, r.Stdout, r.Stderr)
		}
	}
	plan := func(want string, args ...string) {
		t.Helper()
		planned(0, want, args...)
	}

	expect(t, "from nothing", h.converges(t, site), nil)
	greets("greeter 1.0")
	if got := h.MustExec(t, "readlink", "/usr/local/bin/greeter", "/usr/local/stow/greeter/:managed-by"); got != "../stow/greeter/1.0/bin/greeter\n"+h.converge+"\n" {
		t.Errorf("the links read %q", got)
	}

	plan("version: \"1.0\" → \"1.1\"", "--var", "greeter=1.1", site)
	expect(t, "another version", h.converges(t, "--var", "greeter=1.1", site), []string{"service.greeter restart"})
	greets("greeter 1.1")
	plan("greeter 1.1 → 1.0: 2 links change", site)
	expect(t, "the version before", h.converges(t, site), []string{"service.greeter restart"})
	greets("greeter 1.0")

	h.MustExec(t, h.converge, "apply", "--var", "greeter=1.1", site)
	greets("greeter 1.1")
	h.MustExec(t, h.converge, "rollback")
	greets("greeter 1.0")
	h.isConverged(t, site)

	h.MustExec(t, "rm", "/usr/local/bin/greeter")
	plan("greeter 1.0: 1 link missing: bin/greeter", site)
	h.converges(t, site)

	// A package that a person takes by force stays taken, and every plan says so.
	r, err := h.Exec(t.Context(), stow2, "-d", "/usr/local/stow", "-D", "greeter")
	if err != nil || r.Exit != 3 || !strings.Contains(r.Stderr, h.converge) {
		t.Errorf("unstowing what converge holds: exit status %d, %v\n%s%s", r.Exit, err, r.Stdout, r.Stderr)
	}
	h.MustExec(t, stow2, "-d", "/usr/local/stow", "-D", "--force", "greeter")
	plan("left as it is: version 1.0 was unstowed by force by user 0", "--detailed-exitcode", "--target", "package.greeter", site)
	h.MustExec(t, "test", "!", "-e", "/usr/local/bin/greeter")
	h.MustExec(t, "sh", "-c", "mkdir /root/adopt && cp -R "+site+"/. /root/adopt && sed -i 's/provider = \"stow2\"/&\\n  adopt = true/' /root/adopt/site.hcl")
	// The service that it notifies is not chosen, so its restart would be held.
	planned(3, "taken over (adopt = true): version 1.0 was unstowed by force", "--target", "package.greeter", "/root/adopt")
	h.converges(t, "/root/adopt")
	h.isConverged(t, site)
	h.MustExec(t, "/bin/sh", "-c", "test -x /usr/local/bin/greeter")

	// A resource that is no longer declared is removed, if the manifest names its site.
	h.MustExec(t, "sh", "-c", "mkdir /root/less && printf 'settings {\\n  formerly = [\""+site+"\", \"/root/adopt\"]\\n}\\nservice \"greeter\" {\\n  enabled = false\\n  running = false\\n}\\n' > /root/less/site.hcl")
	h.MustExec(t, h.converge, "apply", "--prune", "/root/less")
	if got := h.MustExec(t, "sh", "-c", "find /usr/local -lname '*stow/*'; ls -d /usr/local/stow/greeter/1.*"); got != "/usr/local/stow/greeter/1.0\n/usr/local/stow/greeter/1.1\n" {
		t.Errorf("after pruning there is\n%s", got)
	}
}
