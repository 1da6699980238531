package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"converge/internal/breakpoint"
	"converge/internal/testhost"
)

// worldEnv is set in the process whose root is a world.
const worldEnv = "CONVERGE_KILL_WORLD"

// converge is the program in a world, and worldFolders are the folders that a world does not share with the machine.
const (
	convergeInWorld = "/opt/converge"
	diskInWorld     = "/opt/disk"
	worldFolders    = "etc root mnt opt var var/log var/lib tmp run srv proc tree"
)

// inWorld runs the rest of a test in a world: namespaces of mounts, names and networks, and a root with the machine's
// programs, without an init system. It reports whether this process is inside.
func inWorld(t *testing.T) bool {
	t.Helper()
	if os.Getenv(worldEnv) != "" {
		if err := makeWorld(os.Getenv(worldEnv)); err != nil {
			t.Fatalf("cannot make a root of its own: %v", err)
		}
		return true
	}
	if err := breakpoint.Available(); err != nil {
		testhost.Cannot(t, err.Error())
	}
	if os.Geteuid() != 0 {
		testhost.Cannot(t, "only root can mount")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), worldEnv+"="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWUTS | unix.CLONE_NEWNET}
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
	return false
}

// makeWorld makes dir the root of this process.
func makeWorld(dir string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	err = errors.Join(unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""), unix.Mount("tmpfs", dir, "tmpfs", 0, "mode=755"))
	if err != nil {
		return err
	}
	for folder := range strings.FieldsSeq(worldFolders) {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			return err
		}
	}
	for _, name := range []string{"usr", "bin", "sbin", "lib", "lib64", "dev", "sys"} {
		if err := lendFolder(name, dir); err != nil {
			return err
		}
	}
	// Swap space cannot be on a tmpfs: this folder is on the machine's disk.
	disk := filepath.Join(filepath.Dir(dir), "disk")
	if err := errors.Join(os.Mkdir(disk, 0o755), os.Mkdir(dir+diskInWorld, 0o755), unix.Mount(disk, dir+diskInWorld, "", unix.MS_BIND, "")); err != nil {
		return err
	}
	at := dir + convergeInWorld
	if err := errors.Join(os.WriteFile(at, nil, 0o755), unix.Mount(self, at, "", unix.MS_BIND, "")); err != nil {
		return err
	}
	// Making a locale takes seconds: this one is from a package.
	locales := filepath.Join(dir, "usr/lib/locale")
	err = errors.Join(unix.Mount("proc", dir+"/proc", "proc", 0, ""), unix.Mount("tmpfs", locales, "tmpfs", 0, ""))
	if err = errors.Join(err, os.Mkdir(locales+"/de_DE.utf8", 0o755), os.WriteFile(locales+"/de_DE.utf8/LC_IDENTIFICATION", nil, 0o644)); err != nil {
		return err
	}
	err = errors.Join(os.Chdir(dir), unix.PivotRoot(".", "."), unix.Unmount(".", unix.MNT_DETACH), os.Chdir("/"))
	return errors.Join(err, unix.Sethostname([]byte("old")))
}

// lendFolder makes a folder of the machine visible in a world.
func lendFolder(name, dir string) error {
	info, err := os.Lstat("/" + name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	at := filepath.Join(dir, name)
	if info.Mode()&fs.ModeSymlink != 0 {
		target, err := os.Readlink("/" + name)
		return errors.Join(err, os.Symlink(target, at))
	}
	return errors.Join(os.Mkdir(at, 0o755), unix.Mount("/"+name, at, "", unix.MS_BIND|unix.MS_REC, ""))
}

// world is a site, with the place that it manages.
type world struct {
	root   string            // "" is the world itself
	site   string            // its manifest
	before map[string]string // see look
	after  map[string]string
	taken  map[string]bool // rolled back runs, and their rollbacks
	runs   int             // of converge
}

// look returns everything that a run may change, by path, except converge's own state and the output of the site's
// command.
func (w *world) look(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, top := range []string{"etc", "root", "mnt", "swap"} {
		err := filepath.WalkDir(filepath.Join(w.root, "/", top), func(at string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err == nil {
				out[strings.TrimPrefix(at, w.root)], err = describeEntry(at, d)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if w.root != "" {
		return out
	}
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	out["hostname"], out["forward"] = name, read(t, "/proc/sys/net/ipv4/ip_forward")
	for line := range strings.Lines(read(t, "/proc/self/mountinfo")) {
		if f := strings.Fields(line); strings.HasPrefix(f[4], "/mnt/") {
			out["mount "+f[4]] = strings.Join(f[5:], " ")
		}
	}
	return out
}

func describeEntry(at string, d fs.DirEntry) (string, error) {
	var st unix.Stat_t
	if err := unix.Lstat(at, &st); err != nil {
		return "", err
	}
	text := ""
	var err error
	switch {
	case d.Type()&fs.ModeSymlink != 0:
		text, err = os.Readlink(at)
	case d.Type().IsRegular():
		var data []byte
		data, err = os.ReadFile(at)
		if text = string(data); len(text) > 4096 { // swap space, with a random UUID
			text = fmt.Sprint(len(text), " bytes")
		}
	}
	return fmt.Sprintf("%o %d:%d %q", st.Mode, st.Uid, st.Gid, text), err
}

// run runs converge, and requires an exit status.
func (w *world) run(t *testing.T, when string, status int, args ...string) {
	t.Helper()
	w.runs++
	cmd := w.converge(args...)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != status {
		t.Fatalf("%s: converge %s: %v, want exit status %d\n%s", when, args, err, status, out)
	}
}

func (w *world) converge(args ...string) *exec.Cmd {
	cmd := exec.Command(convergeInWorld)
	cmd.Args = append([]string{"converge"}, args...)
	if w.root != "" {
		cmd.Args = append(cmd.Args, "--root", w.root)
	}
	// One thread makes the calls, so that they are counted in order.
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1", "GODEBUG=asyncpreemptoff=1")
	return cmd
}
