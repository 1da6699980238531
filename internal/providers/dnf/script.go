package dnf

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"converge/internal/providers/packages"
	"converge/internal/providers/rpm"
	"converge/internal/version"
)

// script is a transaction in the words of `dnf shell`.
type script struct {
	request   packages.Request
	installed []packages.Package
	lines     []string
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
		s.lines, s.specs = append(s.lines, line), append(s.specs, spec)
	}
	// Dependencies that nothing needs any more stay: the manifest did not name them.
	s.options = []string{"--setopt=clean_requirements_on_remove=0"}
	if r.AllowRemovals {
		s.options = append(s.options, "--allowerasing")
	}
	held, err := m.namedLocks(installed, r.Words)
	if err != nil {
		return nil, err
	}
	s.options = append(s.options, held...)
	return s, nil
}

// translate makes a line of a word.
func (m *machine) translate(ctx context.Context, installed []packages.Package, w packages.Word) (line, spec string, err error) {
	have, isInstalled := rpm.Find(installed, w.Name, w.Arch)
	newVersion := w.Version
	if w.File != "" {
		p, err := m.rpm.ReadPackageFile(ctx, w.File)
		if err != nil {
			return "", "", err
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
	case w.File != "":
		spec = w.File
		if w.Reinstall && isInstalled && version.CompareRPM(newVersion, have.Version) == 0 {
			verb = "reinstall"
		}
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

// files are the package files that words name.
func (s *script) files() []string {
	var list []string
	for _, w := range s.request.Words {
		if w.File != "" {
			list = append(list, w.File)
		}
	}
	return list
}

// text is the input of the shell; last is its last command.
func (s *script) text(last string) string {
	return strings.Join(append(append([]string{}, s.lines...), last), "\n") + "\n"
}
