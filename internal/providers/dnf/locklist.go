package dnf

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/tool"
	"converge/internal/providers/rpm"
)

const (
	lockPluginFile = "/etc/dnf/plugins/versionlock.conf"
	lockListFile   = "/etc/dnf/plugins/versionlock.list"
)

// holds keeps packages at their versions by the list of the plugin versionlock
// (dnf-versionlock(8)). The list is a text file, which the plugin's command edits as
// we do.
type holds struct{ *database }

// locks are the entries of the list that keep packages: patterns of the package's
// name, version and architecture in several forms.
type locks struct {
	versions map[string][]string // by name, of entries NAME-EPOCH:VERSION-RELEASE.*
	patterns []string
}

func (l locks) holds(p packages.Package) bool {
	return len(l.versions[p.Name]) > 0 || l.matches(p)
}

// matches reports whether a pattern is about a package in its version.
func (l locks) matches(p packages.Package) bool {
	return slices.ContainsFunc(l.patterns, func(pattern string) bool { return matchesLock(pattern, p) })
}

// areOfOthers reports whether the entries about a package are all of other versions.
func (l locks) areOfOthers(p packages.Package) bool {
	return l.holds(p) && !l.matches(p) && !slices.Contains(l.versions[p.Name], rpm.LongVersion(p.Version))
}

// matchesLock reports whether an entry is about a package in its version.
func matchesLock(pattern string, p packages.Package) bool {
	epoch, v, _ := strings.Cut(rpm.LongVersion(p.Version), ":")
	ver, rel, _ := strings.Cut(v, "-")
	for _, form := range []string{
		p.Name, p.Name + "." + p.Arch, p.Name + "-" + ver, p.Name + "-" + v, p.Name + "-" + epoch + ":" + ver,
		p.Name + "-" + v + "." + p.Arch, p.Name + "-" + epoch + ":" + v,
		epoch + ":" + p.Name + "-" + v + "." + p.Arch, p.Name + "-" + epoch + ":" + ver + "-" + rel + "." + p.Arch,
	} {
		if ok, err := path.Match(pattern, form); err == nil && ok {
			return true
		}
	}
	return false
}

// cutLock cuts an entry that the plugin itself has made.
func cutLock(entry string) (name, version string, ok bool) {
	rest, ok := strings.CutSuffix(entry, ".*")
	release := strings.LastIndexByte(rest, '-')
	if !ok || release <= 0 {
		return "", "", false
	}
	v := strings.LastIndexByte(rest[:release], '-')
	if v <= 0 || strings.ContainsAny(rest, "*?[") || !strings.Contains(rest[v:release], ":") {
		return "", "", false
	}
	return rest[:v], rest[v+1:], true
}

func parseLocks(text string) locks {
	l := locks{versions: map[string][]string{}}
	for line := range strings.Lines(text) {
		entry := strings.TrimSpace(line)
		if entry == "" || strings.HasPrefix(entry, "#") || strings.HasPrefix(entry, "!") {
			continue
		}
		if name, v, ok := cutLock(entry); ok {
			l.versions[name] = append(l.versions[name], v)
		} else {
			l.patterns = append(l.patterns, entry)
		}
	}
	return l
}

// readLocks reads the list; without the plugin nothing is held.
func (m *machine) readLocks() (locks, error) {
	list, installed, err := m.findLockList()
	if err != nil || !installed {
		return locks{}, err
	}
	text, err := rpm.ReadFile(m.Host, list)
	return parseLocks(text), err
}

// findLockList returns the file that the plugin reads, and whether the plugin is
// there and enabled.
func (m *machine) findLockList() (file string, installed bool, err error) {
	text, err := rpm.ReadFile(m.Host, lockPluginFile)
	if err != nil || text == "" {
		return "", false, err
	}
	main := rpm.ParseIni(text)["main"]
	if main == nil || !rpm.IsTrue(main["enabled"], true) || !m.hasPlugin("versionlock.py") {
		return "", false, nil
	}
	if file = main["locklist"]; file == "" {
		file = lockListFile
	}
	return file, true, nil
}

// hasPlugin reports whether a plugin is in one of Python's folders.
func (m *machine) hasPlugin(name string) bool {
	entries, err := m.Tree.ReadDir("/usr/lib")
	if err != nil {
		return false
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), "python3") {
			continue
		}
		for _, dir := range []string{"site-packages", "dist-packages"} {
			if _, err := m.Tree.Stat(path.Join("/usr/lib", e.Name(), dir, "dnf-plugins", name)); err == nil {
				return true
			}
		}
	}
	return false
}

// SetHolds implements [packages.Holds].
func (h holds) SetHolds(ctx context.Context, wanted map[string]bool) error {
	if len(wanted) == 0 {
		return nil
	}
	file, installed, err := h.findLockList()
	if err != nil {
		return err
	}
	if !installed {
		if !slices.Contains(slices.Collect(maps.Values(wanted)), true) {
			return nil // nothing is held
		}
		return fmt.Errorf("cannot hold %s: dnf has no plugin versionlock, or %s has it off; install python3-dnf-plugin-versionlock",
			strings.Join(slices.Sorted(maps.Keys(wanted)), ", "), lockPluginFile)
	}
	list, err := h.rpm.ReadInstalled(ctx)
	if err != nil {
		return err
	}
	text, err := rpm.ReadFile(h.Host, file)
	if err != nil {
		return err
	}
	edited, err := editLocks(text, wanted, list)
	if err != nil || edited == text {
		return err
	}
	if err := rpm.SaveFile(ctx, h.Host, file, edited); err != nil {
		return fmt.Errorf("cannot hold packages: %w", err)
	}
	return nil
}

// CheckRelease implements [packages.Releaser].
func (h holds) CheckRelease(p packages.Package) error {
	file, installed, err := h.findLockList()
	if err != nil || !installed {
		return err
	}
	text, err := rpm.ReadFile(h.Host, file)
	if err != nil {
		return err
	}
	_, err = editLocks(text, map[string]bool{p.Name: false}, []packages.Package{p})
	return err
}

// editLocks replaces the entries of packages by the wanted ones. A pattern that also matches other packages stays, and
// is an error if a matching package is to be released.
func editLocks(text string, wanted map[string]bool, list []packages.Package) (string, error) {
	var out strings.Builder
	var errs []error
	for line := range strings.Lines(text) {
		entry := strings.TrimSpace(line)
		one := parseLocks(entry)
		name := ""
		for _, n := range slices.Sorted(maps.Keys(wanted)) {
			if p, ok := rpm.Find(list, n, ""); len(one.versions[n]) > 0 || ok && one.holds(p) {
				name = n
				break
			}
		}
		_, _, own := cutLock(entry)
		switch {
		case name == "":
			out.WriteString(line)
		case !own && strings.ContainsAny(strings.TrimSuffix(entry, ".*"), "*?["):
			out.WriteString(line)
			if !wanted[name] {
				errs = append(errs, fmt.Errorf("cannot release %s: entry %s of versionlock holds it, perhaps with others; remove that by hand", name, entry))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		if !wanted[name] {
			continue
		}
		p, ok := rpm.Find(list, name, "")
		if !ok {
			errs = append(errs, fmt.Errorf("cannot hold %s: it is not installed", name))
			continue
		}
		if s := out.String(); s != "" && !strings.HasSuffix(s, "\n") {
			out.WriteString("\n")
		}
		fmt.Fprintf(&out, "%s-%s.*\n", p.Name, rpm.LongVersion(p.Version))
	}
	return out.String(), errors.Join(errs...)
}

// SetAutomatic implements [packages.Holds].
func (h holds) SetAutomatic(ctx context.Context, automatic map[string]bool) error {
	for _, auto := range []bool{true, false} {
		var names []string
		for _, name := range slices.Sorted(maps.Keys(automatic)) {
			if automatic[name] == auto {
				names = append(names, name)
			}
		}
		if len(names) == 0 {
			continue
		}
		verb := map[bool]string{true: "remove", false: "install"}[auto]
		argv := append(h.argv("-q", "--disablerepo=*", "mark", verb), names...)
		res, err := h.RunLocked(ctx, h.locks(), lostRace, tool.Command{Argv: argv, Keep: true})
		if err == nil && res.Status != 0 {
			err = errors.New(firstError(res))
		}
		if err != nil {
			return fmt.Errorf("cannot mark %s: %w", strings.Join(names, ", "), err)
		}
	}
	return nil
}
