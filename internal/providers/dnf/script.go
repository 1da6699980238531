package dnf

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"converge/internal/providers/packages"
	"converge/internal/providers/rpm"
	"converge/internal/version"
)

// script is a transaction in the words of `dnf shell`.
type script struct {
	request   packages.Request
	installed []packages.Package
	files     []string // the package file of each word, "" if it has none
	lines     []string // "": the word's file is all
	specs     []string // the form of each word in dnf's messages
	failed    map[int]error
	options   []string // of dnf, before the command
	weak      []string // weak dependencies that lines name
}

// newScript translates a request. Words that dnf would misunderstand have failed
// already: dnf installs an older version without being asked, and ends the whole shell
// at a package file that it cannot read.
func (m *machine) newScript(ctx context.Context, r packages.Request) (*script, error) {
	installed, err := m.rpm.ReadInstalled(ctx)
	if err != nil {
		return nil, err
	}
	s := &script{request: r, installed: installed, failed: map[int]error{}}
	for i, w := range r.Words {
		line, spec, err := m.translate(ctx, installed, w)
		if err != nil {
			s.failed[i] = err
		}
		s.files, s.lines, s.specs = append(s.files, w.File), append(s.lines, line), append(s.specs, spec)
	}
	// Dependencies that nothing needs any more stay: the manifest did not name them.
	s.options = []string{"--setopt=clean_requirements_on_remove=0"}
	if r.AllowRemovals {
		s.options = append(s.options, "--allowerasing")
	}
	st, err := m.readSettings()
	if err != nil {
		return nil, err
	}
	unfetched, err := m.disableUnfetched(st)
	if err != nil {
		return nil, err
	}
	s.options = append(s.options, unfetched...)
	held, err := m.namedLocks(installed, r.Words)
	if err != nil {
		return nil, err
	}
	s.options = append(s.options, held...)
	return s, nil
}

// translate makes a line of a word: "" if it is enough to install its package file.
func (m *machine) translate(ctx context.Context, installed []packages.Package, w packages.Word) (line, spec string, err error) {
	have, isInstalled := rpm.Find(installed, w.Name, w.Arch)
	newVersion := w.Version
	if w.File != "" {
		p, err := m.rpm.ReadPackageFile(ctx, w.File)
		if err != nil {
			return "", "", fmt.Errorf("cannot read package file %q: %w", w.File, err)
		}
		newVersion = p.Version
	}
	older := isInstalled && newVersion != "" && version.CompareRPM(newVersion, have.Version) < 0
	if older && !w.Downgrade && !w.Remove {
		return "", "", fmt.Errorf("version %s is older than the installed %s", newVersion, have.Version)
	}
	name := w.Name
	if w.Arch != "" {
		name += "." + w.Arch
	}
	verb, spec := "install", name
	switch {
	case w.Remove && !isInstalled:
		return "", "", errors.New("it is not installed")
	case w.Remove:
		verb = "remove"
	case w.File != "" && w.Reinstall && isInstalled && version.CompareRPM(newVersion, have.Version) == 0:
		return "reinstall " + quoteWord(fullSpec(w.Name+"."+have.Arch, have.Version)), w.File, nil // dnf prefers the file
	case w.File != "":
		return "", w.File, nil
	case w.Reinstall && isInstalled:
		verb, spec = "reinstall", fullSpec(name, have.Version)
	case w.Version != "":
		spec = fullSpec(name, w.Version)
	case isInstalled:
		verb = "upgrade"
	}
	return verb + " " + quoteWord(spec), spec, nil
}

// fullSpec is NAME-EPOCH:VERSION-RELEASE[.ARCH] (dnf(8), "Specifying packages").
func fullSpec(name, v string) string {
	if base, arch, ok := rpm.CutArch(name); ok {
		return base + "-" + rpm.LongVersion(v) + "." + arch
	}
	return name + "-" + rpm.LongVersion(v)
}

// quoteWord quotes a word for the shell, which cuts lines as Python's shlex does.
func quoteWord(s string) string { return "'" + strings.ReplaceAll(s, "'", `'"'"'`) + "'" }

// namedLocks returns the options that permit changing the held packages that words name, and no others: without the
// plugin, the other held ones are excluded.
func (m *machine) namedLocks(installed []packages.Package, words []packages.Word) ([]string, error) {
	locks, err := m.readLocks()
	if err != nil {
		return nil, err
	}
	named := map[string]bool{}
	for _, w := range words {
		base, _, _ := rpm.CutArch(w.Name)
		named[base] = true
	}
	var others []string
	change := false
	for _, p := range installed {
		if !locks.holds(p) {
			continue
		}
		if named[p.Name] {
			change = true
		} else {
			others = append(others, p.Name)
		}
	}
	if !change {
		return nil, nil
	}
	options := []string{"--disableplugin=versionlock"}
	for _, name := range others {
		options = append(options, "--exclude="+name)
	}
	return options, nil
}

// text is the input of the shell; last is its last command. All package files are named at once, and first: dnf reads
// none after it was asked for anything.
func (s *script) text(last string) string {
	files := ""
	for _, file := range s.files {
		if file != "" {
			files += " " + quoteWord(file)
		}
	}
	var lines []string
	if files != "" {
		lines = append(lines, "install"+files)
	}
	for _, line := range append(slices.Clone(s.lines), last) {
		if line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n") + "\n"
}
