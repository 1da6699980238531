package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"converge/internal/fsys"
)

// usageError is a mistake that the program answers with the help.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

// places are the directories that packages come from and that their links go to.
type places struct {
	stow   string // the stow directory: absolute, without links
	target string // the same of the target
	path   string // the relative path from target to stow, with which all links begin
}

// locator finds the directories that a command line names.
type locator struct {
	dir    string // the current directory
	lookup func(name string) (string, bool)
	made   []string // directories made by --create, each before those in it
}

// findPlaces finds the stow directory and the target of a command.
func (l *locator) findPlaces(cmd Command) (places, error) {
	dir := cmd.Dir.Value
	if !cmd.Dir.Given {
		if dir, _ = l.lookup("STOW_DIR"); dir == "" {
			dir = l.dir
		}
	}
	if !l.isDir(dir) {
		return places{}, &usageError{fmt.Sprintf("--dir value '%s' is not a valid directory", dir) + l.explainNoDir(dir)}
	}
	target := cmd.Target.Value
	if !cmd.Target.Given {
		target = parentOf(dir)
		if text, err := os.Readlink(l.absPath(dir) + "/:target"); err == nil {
			if target = text; !strings.HasPrefix(text, "/") {
				target = dir + "/" + text
			}
		}
	} else if err := l.requireTarget(cmd, target); err != nil {
		return places{}, err
	}
	p := places{}
	var err error
	if p.stow, err = l.canonicalDir(dir); err != nil {
		return places{}, err
	}
	if p.target, err = l.canonicalDir(target); err != nil {
		return places{}, err
	}
	p.path, err = filepath.Rel(p.target, p.stow)
	return p, err
}

// requireTarget requires that a given target exists, or makes it.
func (l *locator) requireTarget(cmd Command, target string) error {
	if l.isDir(target) {
		return nil
	}
	why := l.explainNoDir(target)
	if cmd.Mkdir && target != "" && !isThere(l.absPath(target)) {
		if !cmd.Simulate {
			return l.makeTarget(l.absPath(target))
		}
		why += ", and a simulation does not make it"
	}
	return &usageError{fmt.Sprintf("%s value '%s' is not a valid directory", cmd.targetOption(), target) + why}
}

// makeTarget makes a target and its parents, and notes which ones it made.
func (l *locator) makeTarget(path string) error {
	if above := parentOf(path); !isThere(above) {
		if err := l.makeTarget(above); err != nil {
			return err
		}
	}
	err := os.Mkdir(path, 0o777)
	switch {
	case err == nil:
		l.made = append(l.made, path)
	case l.isDir(path): // another process has made it, or it is "made/.."
		return nil
	}
	return err
}

// removeMade removes the directories that makeTarget made for a command that failed, unless they contain something.
func (l *locator) removeMade() {
	for _, dir := range slices.Backward(l.made) {
		if os.Remove(dir) != nil {
			return
		}
	}
}

// explainNoDir adds the reason to GNU Stow's message.
func (l *locator) explainNoDir(path string) string {
	if path == "" {
		return ": it is empty"
	}
	_, err := os.Stat(l.absPath(path))
	switch _, lerr := os.Lstat(l.absPath(path)); {
	case err == nil:
		return ": it is not a directory"
	case lerr == nil && errors.Is(err, fs.ErrNotExist):
		return ": it is a link that leads nowhere"
	case errors.Is(err, fs.ErrNotExist):
		return ": it does not exist"
	}
	return ": " + reasonOf(err)
}

// canonicalDir returns the path that getcwd(2) would return in a directory.
func (l *locator) canonicalDir(dir string) (string, error) {
	d, err := fsys.OpenDirAt(l.absPath(dir))
	if err != nil {
		return "", err
	}
	defer d.Close()
	return d.Path(), nil
}

// absPath makes a path absolute without cleaning it: in "link/.." the link is followed first.
func (l *locator) absPath(path string) string {
	if strings.HasPrefix(path, "/") {
		return path
	}
	return l.dir + "/" + path
}

func (l *locator) isDir(path string) bool {
	if path == "" {
		return false
	}
	info, err := os.Stat(l.absPath(path))
	return err == nil && info.IsDir()
}

// parentOf returns the directory of a path by its text alone: "." for a single name, and for "..", too. GNU Stow also
// returns "." for "/name", and so would litter the current directory; stow2 does not.
func parentOf(path string) string {
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
