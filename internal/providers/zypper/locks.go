package zypper

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"converge/internal/providers/packages"
	"converge/internal/providers/rpm"
)

// holds keeps packages at their versions by libzypp's file of locks (zypper(8), addlock).
type holds struct{ *machine }

// lock is a block of the file:
//
//	type: package
//	match_type: glob
//	case_sensitive: on
//	solvable_name: demo
type lock struct {
	text  string // unchanged, with the empty lines around it
	pairs map[string][]string
}

// parseLocks splits the file into its blocks.
func parseLocks(text string) []lock {
	var list []lock
	one := lock{pairs: map[string][]string{}}
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		if trimmed == "" && len(one.pairs) > 0 {
			list = append(list, one)
			one = lock{pairs: map[string][]string{}}
		}
		one.text += line
		if key, value, ok := strings.Cut(trimmed, ":"); ok && !strings.HasPrefix(trimmed, "#") {
			one.pairs[key] = append(one.pairs[key], strings.TrimSpace(value))
		}
	}
	if one.text != "" {
		list = append(list, one)
	}
	return list
}

func (l lock) value(key string) string { return strings.Join(l.pairs[key], " ") }

// isWhole reports whether the lock keeps packages at any version, from any repository.
func (l lock) isWhole() bool {
	for key := range l.pairs {
		switch key {
		case "type", "match_type", "case_sensitive", "solvable_name", "complex":
		default:
			return false
		}
	}
	kind := l.value("type")
	return (kind == "" || kind == "package") && len(l.pairs["solvable_name"]) > 0
}

// holds reports whether the lock keeps a package.
func (l lock) holds(name string) bool {
	if !l.isWhole() {
		return false
	}
	for _, pattern := range l.pairs["solvable_name"] {
		switch l.value("match_type") {
		case "glob":
			if ok, err := path.Match(pattern, name); err == nil && ok {
				return true
			}
		case "exact", "":
			if pattern == name {
				return true
			}
		case "substring":
			if strings.Contains(name, pattern) {
				return true
			}
		}
	}
	return false
}

// isOf reports whether the lock matches one package only.
func (l lock) isOf(name string) bool {
	names := l.pairs["solvable_name"]
	return l.isWhole() && len(names) == 1 && names[0] == name
}

// SetHolds implements [packages.Holds].
func (h holds) SetHolds(ctx context.Context, wanted map[string]bool) error {
	if len(wanted) == 0 {
		return nil
	}
	if err := h.WaitLocks(ctx, h.Patience, h.zyppLocks()...); err != nil {
		return err
	}
	text, err := rpm.ReadFile(h.Host, locksFile)
	if err != nil {
		return err
	}
	edited, err := editLocks(text, wanted)
	if err != nil || edited == text {
		return err
	}
	if err := rpm.SaveFile(ctx, h.Host, locksFile, edited); err != nil {
		return fmt.Errorf("cannot hold packages: %w", err)
	}
	return nil
}

// CheckRelease implements [packages.Releaser].
func (h holds) CheckRelease(p packages.Package) error {
	text, err := rpm.ReadFile(h.Host, locksFile)
	if err != nil {
		return err
	}
	_, err = editLocks(text, map[string]bool{p.Name: false})
	return err
}

// editLocks adds and removes locks of single packages. It keeps a lock that matches other packages too, and returns an
// error if it must release one of them.
func editLocks(text string, wanted map[string]bool) (string, error) {
	var out strings.Builder
	var errs []error
	held := map[string]bool{}
	names := slices.Sorted(maps.Keys(wanted))
	for _, l := range parseLocks(text) {
		drop := false
		for _, full := range names {
			name, _, _ := rpm.CutArch(full)
			switch {
			case !l.holds(name):
			case wanted[full]:
				held[name] = true
			case l.isOf(name):
				drop = true
			default:
				errs = append(errs, fmt.Errorf("cannot release %s: lock %q in %s holds it, with others; remove that by hand", name, l.value("solvable_name"), locksFile))
			}
		}
		if !drop {
			out.WriteString(l.text)
		}
	}
	for _, full := range names {
		if name, _, _ := rpm.CutArch(full); wanted[full] && !held[name] {
			fmt.Fprintf(&out, "\ntype: package\nmatch_type: glob\ncase_sensitive: on\nsolvable_name: %s\n", name)
		}
	}
	return out.String(), errors.Join(errs...)
}
