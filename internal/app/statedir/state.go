// Package statedir finds the state folder, in the system or in the tree that is
// converged. Start with [Find]. It does not read the folder: package journal does.
package statedir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/fsys"
	"converge/internal/journal"
)

// Default is the state folder of a system, below its root.
const Default = "var/lib/converge"

// Find returns the state folder: --state, or the tree's own under --root, or the system's for root, or the user's.
// HOME may be unset (cloud-init): that is an error only for a user that needs it.
func Find(env *environ.Env, flag, root string) (string, error) {
	if flag != "" {
		return filepath.Abs(flag)
	}
	if root != "/" {
		return treeState(root)
	}
	if env.UID == 0 {
		return "/" + Default, nil
	}
	// The XDG specification: a relative path counts as unset.
	if dir := env.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "converge"), nil
	}
	if home := env.Getenv("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".local/state/converge"), nil
	}
	return "", errors.New("cannot find a folder for the state: neither XDG_STATE_HOME nor HOME is set; pass --state DIR")
}

// NoteMachine returns a note for a user without a state folder: the machine has one, which root's runs write, but the
// user's commands read another one. "": there is no note.
func NoteMachine(env *environ.Env, flag, root string) string {
	return noteMachine(env, flag, root, "/"+Default)
}

func noteMachine(env *environ.Env, flag, root, machine string) string {
	if flag != "" || root != "/" || env.UID == 0 {
		return ""
	}
	own, err := Find(env, flag, root)
	if err != nil {
		return ""
	}
	if _, err := os.Stat(own); err == nil {
		return ""
	}
	if _, err := os.Stat(machine); err != nil {
		return ""
	}
	return fmt.Sprintf("There is no state in %s; the state of the machine is in %s: run it as root.", own, machine)
}

// HintDamage adds advice to an error of opening the state folder if the folder is damaged.
func HintDamage(err error, dir string) error {
	if !errors.Is(err, journal.ErrDamaged) {
		return err
	}
	return exit.With(exit.Failure, err, "move "+dir+" away to go on without it: what it says is owed, and what could be undone, is then forgotten")
}

// treeState returns the state folder of a tree: var/lib/converge, as a process that is chrooted there would find it. It
// refuses a link on the way without a target in the tree: the target may well exist outside.
func treeState(root string) (string, error) {
	tree, err := fsys.Open(root)
	if err != nil {
		return filepath.Join(root, Default), nil //nolint:nilerr // opening the tree reports the problem
	}
	defer tree.Close() //nolint:errcheck // read only
	found := "/"
	parts := strings.Split(Default, "/")
	for i, part := range parts {
		at := filepath.Join(found, part)
		if _, err := tree.Lstat(at); err != nil {
			return tree.HostPath(filepath.Join(append([]string{found}, parts[i:]...)...)), nil //nolint:nilerr // it will be made, or opening it reports the problem
		}
		if found, err = tree.Resolve(at); err != nil {
			return "", fmt.Errorf("cannot use %s for the state: %w; a link there must lead to a folder in the tree, or --state DIR must say where the state is", tree.HostPath(at), err)
		}
	}
	return tree.HostPath(found), nil
}

// PathBelow returns a path as seen in the tree at root; "" if it is not below that.
func PathBelow(root, path string) string {
	below, ok := strings.CutPrefix(path, strings.TrimSuffix(root, "/")+"/")
	if !ok {
		return ""
	}
	return "/" + below
}

// FindLinks lists the links that a path leads through, its last part included.
func FindLinks(tree *fsys.FS, path string) (links []string) {
	const most = 40 // as in the kernel, path_resolution(7)
	at, rest := "/", strings.Split(path, "/")
	for len(rest) > 0 && len(links) < most {
		next := filepath.Join(at, rest[0])
		rest = rest[1:]
		info, err := tree.Lstat(next)
		switch {
		case err != nil:
			return links // nothing exists yet
		case info.Type != fsys.Symlink:
			at = next
			continue
		}
		text, err := tree.Readlink(next)
		if err != nil {
			return links
		}
		links = append(links, next)
		if filepath.IsAbs(text) {
			at = "/"
		}
		rest = append(strings.Split(text, "/"), rest...)
	}
	return links
}
