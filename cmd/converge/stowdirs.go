package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"

	"converge/internal/stow/control"
	"converge/internal/stow/wanted"
)

// stowDirs are the stow directories to look in: those of the command line, or
// else those of the mapping.
func stowDirs(ctx context.Context, disk control.Disk, named []string) ([]wanted.Store, error) {
	var out []wanted.Store
	for _, dir := range named {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return nil, fmt.Errorf("cannot find --stow-dir %q: %w", dir, err)
		}
		target, err := control.Store{Disk: disk, Dir: abs}.Target(ctx)
		if err != nil {
			return nil, err
		}
		out = append(out, wanted.Store{Dir: abs, Target: target})
	}
	if len(named) > 0 {
		return out, nil
	}
	m, err := mapping(ctx, disk)
	for _, rule := range m {
		out = append(out, wanted.Store{Dir: rule.Stow, Target: rule.Target})
	}
	return out, err
}

// mapping reads which stow directory packages with a tag belong in.
func mapping(ctx context.Context, disk control.Disk) (control.Mapping, error) {
	text, err := disk.ReadFile(ctx, control.MappingFile)
	if errors.Is(err, fs.ErrNotExist) {
		return control.DefaultMapping(), nil
	}
	if err != nil {
		return nil, err
	}
	return control.ParseMapping(control.MappingFile, text)
}

// requester is the number of the user, before sudo.
func (a *app) requester() uint32 {
	if n, err := strconv.ParseUint(a.getenv("SUDO_UID"), 10, 32); err == nil {
		return uint32(n)
	}
	return uint32(a.uid)
}
