package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"converge/internal/fsys"
)

// usageError is a mistake that is answered with the help.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

// places are where packages come from and where their links go.
type places struct {
	stow   string // the stow directory: absolute, without links
	target string // the same of the target
	path   string // the way from target to stow, which all links begin with
}

// places finds the stow directory and the target of a command.
func (r *run) places(cmd Command) (places, error) {
	dir := cmd.Dir.Value
	if !cmd.Dir.Given {
		if dir, _ = r.Lookup("STOW_DIR"); dir == "" {
			dir = r.Dir
		}
	}
	if !r.isDir(dir) {
		return places{}, &usageError{fmt.Sprintf("--dir value '%s' is not a valid directory", dir) + r.whyNoDir(dir)}
	}
	target := cmd.Target.Value
	if !cmd.Target.Given {
		target = above(dir)
		if text, err := os.Readlink(r.abs(dir) + "/:target"); err == nil {
			if target = text; !strings.HasPrefix(text, "/") {
				target = dir + "/" + text
			}
		}
	} else if err := r.targetDir(cmd, target); err != nil {
		return places{}, err
	}
	p := places{}
	var err error
	if p.stow, err = r.canonical(dir); err != nil {
		return places{}, err
	}
	if p.target, err = r.canonical(target); err != nil {
		return places{}, err
	}
	p.path, err = filepath.Rel(p.target, p.stow)
	return p, err
}

// targetDir wants a directory that was given as the target, or makes it.
func (r *run) targetDir(cmd Command, target string) error {
	if r.isDir(target) {
		return nil
	}
	why := r.whyNoDir(target)
	if cmd.Mkdir && target != "" && !exists(r.abs(target)) {
		if !cmd.Simulate {
			return r.makeTarget(r.abs(target))
		}
		why += ", and a simulation does not make it"
	}
	return &usageError{fmt.Sprintf("%s value '%s' is not a valid directory", cmd.targetOption(), target) + why}
}

// makeTarget makes a target and the directories that it is in, and notes which.
func (r *run) makeTarget(path string) error {
	for dir := path; !exists(dir); dir = above(dir) {
		r.made = append(r.made, dir)
	}
	return os.MkdirAll(path, 0o777)
}

// removeMade removes the directories that makeTarget has made for a command that
// failed. One with something in it stays.
func (r *run) removeMade() {
	for _, dir := range r.made {
		if os.Remove(dir) != nil {
			return
		}
	}
}

// whyNoDir adds the reason to GNU Stow's message.
func (r *run) whyNoDir(path string) string {
	if path == "" {
		return ": it is empty"
	}
	_, err := os.Stat(r.abs(path))
	switch _, lerr := os.Lstat(r.abs(path)); {
	case err == nil:
		return ": it is not a directory"
	case lerr == nil && errors.Is(err, fs.ErrNotExist):
		return ": it is a link that leads nowhere"
	case errors.Is(err, fs.ErrNotExist):
		return ": it does not exist"
	}
	return ": " + reason(err)
}

// canonical is where getcwd(2) would say one is, there.
func (r *run) canonical(dir string) (string, error) {
	d, err := fsys.OpenDirAt(r.abs(dir))
	if err != nil {
		return "", err
	}
	defer d.Close()
	return d.Path(), nil
}

// abs is not cleaned: in "link/.." the link comes first.
func (r *run) abs(path string) string {
	if strings.HasPrefix(path, "/") {
		return path
	}
	return r.Dir + "/" + path
}

func (r *run) isDir(path string) bool {
	if path == "" {
		return false
	}
	info, err := os.Stat(r.abs(path))
	return err == nil && info.IsDir()
}

// above is the directory of a path by its text alone: "." for a single name, and
// for "..", too. GNU Stow returns "." for "/name" as well, and so would litter the
// current directory; stow2 does not.
func above(path string) string {
	if path = strings.TrimRight(path, "/"); path == "" {
		return "/"
	}
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "."
	}
	if path = strings.TrimRight(path[:i], "/"); path == "" {
		return "/"
	}
	return path
}
