package facts

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"converge/internal/fsys"
)

// plantAll makes files below dir: "PATH", "PATH -> TARGET", "PATH|" for a pipe.
func plantAll(t *testing.T, dir string, files ...string) {
	t.Helper()
	for _, f := range files {
		name, target, link := strings.Cut(f, " -> ")
		path := filepath.Join(dir, strings.TrimSuffix(name, "|"))
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		switch {
		case err != nil:
		case link:
			err = os.Symlink(target, path)
		case strings.HasSuffix(name, "|"):
			err = syscall.Mkfifo(path, 0o600)
		default:
			err = os.WriteFile(path, nil, 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// The init system that runs a machine, by the content of /run and the first process.
func TestRunningInit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		summary string
		files   []string
		first   string
		inside  bool
		want    string
	}{
		{"systemd", []string{"run/systemd/system/x", "run/systemd/private"}, "systemd", false, "systemd"},
		{"systemd, seen from a chroot with its /run", []string{"run/systemd/system/x", "run/systemd/private"}, "systemd", true, ""},
		{"a folder that an image has kept", []string{"run/systemd/system/x"}, "sleep", false, ""},
		{"openrc below sysvinit", []string{"run/openrc/softlevel", "run/initctl|"}, "init", false, "openrc"},
		{"openrc below its own init", []string{"run/openrc/softlevel"}, "openrc-init", false, "openrc"},
		{"openrc that was set up in an image", []string{"run/openrc/softlevel"}, "nginx", false, ""},
		{"sysvinit", []string{"run/initctl|"}, "init", false, "sysv"},
		{"sysvinit of long ago", []string{"dev/initctl|"}, "init", false, "sysv"},
		{"sysvinit whose pipe was covered", []string{"etc/inittab", "etc/init.d/rc"}, "init", false, "sysv"},
		{"a pipe that an image has kept", []string{"run/initctl|"}, "bash", false, ""},
		{"what is called initctl and no pipe", []string{"run/initctl"}, "init", false, ""},
		{"a script called init", nil, "init", false, ""},
		{"another init", nil, "runit", false, ""},
		{"no /proc", []string{"run/initctl|"}, "", true, ""},
	} {
		t.Run(c.summary, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			plantAll(t, dir, c.files...)
			tree, err := fsys.OpenFiles(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer tree.Close()
			if got := runningInit(tree, c.first, c.inside); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// The init system with which a tree would boot.
func TestTreeInit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		summary string
		files   []string
		want    string
	}{
		{"systemd", []string{"lib/systemd/systemd", "sbin/init -> /lib/systemd/systemd", "etc/init.d/cron"}, "systemd"},
		{"sysvinit beside the files of systemd", []string{"lib/systemd/systemd", "sbin/init", "etc/inittab", "etc/init.d/rc"}, "sysv"},
		{"sysvinit", []string{"sbin/init", "etc/inittab", "etc/init.d/rc"}, "sysv"},
		{"openrc below sysvinit", []string{"sbin/init", "sbin/openrc", "etc/inittab", "etc/init.d/rc"}, "openrc"},
		{"openrc below busybox", []string{"bin/busybox", "sbin/init -> /bin/busybox", "sbin/openrc"}, "openrc"},
		{"openrc below its own init", []string{"sbin/openrc-init", "sbin/init -> openrc-init"}, "openrc"},
		{"runit", []string{"sbin/runit-init", "sbin/init -> runit-init", "etc/init.d/x"}, ""},
		{"busybox alone", []string{"bin/busybox", "sbin/init -> /bin/busybox"}, ""},
		{"a container with systemd's package", []string{"usr/lib/systemd/systemd"}, "systemd"},
		{"a container with openrc's", []string{"sbin/openrc"}, "openrc"},
		{"a container with scripts of its packages", []string{"etc/init.d/cron"}, ""},
	} {
		t.Run(c.summary, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			plantAll(t, dir, c.files...)
			tree, err := fsys.OpenFiles(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer tree.Close()
			if got := TreeInit(tree); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
