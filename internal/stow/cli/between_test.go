package cli_test

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// magic holds the three links that record a package's change in progress.
type magic struct{ installed, stowing, holder string }

// between checks the table of the protocol: after any kill, the magic links of each package must match the links into
// it.
func (k killed) between(now, before, after map[string]string) error {
	if k.steps || strings.HasSuffix(k.target, "/current") {
		return nil
	}
	target := cmp.Or(k.target, "usr")
	for _, foo := range []string{"foo", "bar"} {
		seat := "usr/stow/" + foo + "/"
		if target != "usr" {
			seat = target + "/.stow2/" + foo + "/"
		}
		w, b, a := magicOf(now, seat), magicOf(before, seat), magicOf(after, seat)
		if w == b && b == a {
			continue // another package may fold and unfold it
		}
		links := func(tree map[string]string) map[string]string { return into(tree, target, "usr/stow/"+foo) }
		if err := fits(w, b, a, links(now), links(before), links(after)); err != nil {
			return fmt.Errorf("%s: %+v with %v: %w", foo, w, links(now), err)
		}
	}
	return nil
}

func magicOf(tree map[string]string, seat string) magic {
	text := func(name string) string { return strings.TrimPrefix(tree[seat+name], "link ") }
	return magic{text(":installed"), text(":stowing"), text(":managed-by")}
}

// into returns the links of a target that lead into a directory, or replace one that does.
func into(tree map[string]string, target, dir string) map[string]string {
	links := map[string]string{}
	for at, what := range tree {
		text, ok := strings.CutPrefix(what, "link ")
		if !ok || !strings.HasPrefix(at, target+"/") || strings.HasPrefix(at, "usr/stow/") || strings.Contains(at, "/.:stow2") || strings.Contains(at, "/.stow2/") {
			continue
		}
		if strings.HasPrefix(path.Join(path.Dir(at), text), dir+"/") {
			links[at] = text
		}
	}
	return links
}

// fits checks one package.
func fits(w, b, a magic, now, before, after map[string]string) error {
	unbegun, done := maps.Equal(now, before), maps.Equal(now, after)
	switch {
	case w.stowing == "" && w.installed != b.installed && w.installed != a.installed:
		return fmt.Errorf("installed was %q and is to be %q", b.installed, a.installed)
	case w.stowing == "" && (!unbegun || w.installed != b.installed) && (!done || w.installed != a.installed):
		return fmt.Errorf("nothing is under way, but links are neither %v nor %v", before, after)
	case w.stowing == "":
	case strings.HasSuffix(w.stowing, ":nothing") && !strings.HasPrefix(w.stowing, ":config"):
		if w.installed == "" && len(now) > 0 {
			return fmt.Errorf("nothing is installed, but links are left")
		}
	case w.installed != b.installed:
		return fmt.Errorf("installed was %q", b.installed)
	case w.holder == "" && !unbegun:
		return fmt.Errorf("nobody holds what is being linked")
	}
	if w.holder != "" && !slices.Contains([]string{b.holder, a.holder, "../stow2/:installed/bin/stow2"}, w.holder) {
		return fmt.Errorf("held by nobody known")
	}
	return nil
}
