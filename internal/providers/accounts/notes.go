package accounts

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"syscall"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/userdb"
	"converge/resources"
)

// noteUser returns the notes of a plan on a change of a user.
func (u *Users) noteUser(c resource.Change) []string {
	notes, want := u.noteLock(), resource.Must[resources.UserWant](c.Want)
	if want.IsAbsent() {
		if want.RemoveHome.Value {
			notes = append(notes, "its home directory is removed")
		}
		return notes
	}
	if shell := want.Shell.Value; shell != "" && (c.Action == resource.Create || c.Differs("shell")) {
		notes = append(notes, noteShell(u.fs, shell)...)
	}
	switch {
	case c.Action == resource.Create && want.CreatesHome():
		notes = append(notes, noteHome(u.fs, u.users, want)...)
	case c.Action == resource.Update && c.Differs("home"):
		from := resource.Must[resources.UserWant](c.Have).Home.Value
		if !want.CreatesHome() || !isMovable(u.fs, from, want.Home.Value) {
			notes = append(notes, fmt.Sprintf("what lies in %q stays there", from))
		}
	}
	if c.Differs("uid") && c.Action == resource.Update {
		notes = append(notes, "files outside its home that belong to the old number keep it")
	}
	return notes
}

// noteShell warns of a login shell with which no login is possible.
func noteShell(tree *fsys.FS, shell string) []string {
	info, err := tree.Stat(shell)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return []string{fmt.Sprintf("its shell %q does not exist", shell)}
	case err == nil && (info.Type != fsys.Regular || info.Mode&0o111 == 0):
		return []string{fmt.Sprintf("its shell %q is no program", shell)}
	}
	return nil
}

// noteHome warns that the home of a new user exists already: useradd leaves it
// unchanged.
func noteHome(root *fsys.FS, users *userdb.DB, want resources.UserWant) []string {
	home := want.Home.Value
	if home == "" {
		home = path.Join(findHomes(root), want.Name)
	}
	info, err := root.Lstat(home)
	if err != nil {
		return nil
	}
	what := "is there already and stays as it is, without the files of /etc/skel"
	if info.Type != fsys.Directory {
		what = "is there already and no directory"
	}
	if !want.UID.Set || int64(info.UID) != want.UID.Value {
		what += "; it belongs to " + users.UserName(info.UID)
	}
	return []string{fmt.Sprintf("its home directory %q %s", home, what)}
}

// findHomes returns the folder in which useradd makes home directories: HOME in /etc/default/useradd.
func findHomes(root *fsys.FS) string {
	f, err := root.Open("/etc/default/useradd")
	if err != nil {
		return "/home"
	}
	defer f.Close()
	data := make([]byte, 64<<10)
	n, _ := f.Read(data) // an unreadable file has no setting
	for line := range strings.Lines(string(data[:n])) {
		if dir, ok := strings.CutPrefix(strings.TrimSpace(line), "HOME="); ok && strings.HasPrefix(dir, "/") {
			return dir
		}
	}
	return "/home"
}

// findProcess names a process that runs as the user, and reports whether it is part of a session (systemd keeps those
// in user.slice); "" if there is none.
func findProcess(uid uint32) (name string, session bool) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return "", false
	}
	for _, e := range entries {
		if _, err := strconv.Atoi(e.Name()); err != nil {
			continue
		}
		info, err := e.Info()
		if err != nil {
			continue
		}
		if st, ok := info.Sys().(*syscall.Stat_t); !ok || st.Uid != uid {
			continue
		}
		comm, err := os.ReadFile("/proc/" + e.Name() + "/comm")
		if err != nil {
			continue // it has ended
		}
		group, _ := os.ReadFile("/proc/" + e.Name() + "/cgroup") // without the file its group is not known
		return fmt.Sprintf("process %s (%s)", e.Name(), strings.TrimSpace(string(comm))), strings.Contains(string(group), "/user.slice/")
	}
	return "", false
}
