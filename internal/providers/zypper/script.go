package zypper

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"converge/internal/fsys"
	"converge/internal/providers/packages"
	"converge/internal/providers/rpm"
	"converge/internal/version"
)

// script is a transaction as arguments of `zypper install`.
type script struct {
	request   packages.Request
	installed []packages.Package
	words     []string // by word of the request; "": not part of the command
	weak      []string // additional words for weak dependencies
	weakNames []string
	failed    map[int]error
	options   []string
	before    []string // a prefix that runs zypper with other locks
	done      func()   // removes the files that before needs
}

// newScript translates a request. It marks words as failed that zypper would skip without an error: an older version,
// an unreadable package file.
func (m *machine) newScript(ctx context.Context, r packages.Request) (*script, error) {
	installed, err := m.rpm.ReadInstalled(ctx)
	if err != nil {
		return nil, err
	}
	s := &script{request: r, installed: installed, failed: map[int]error{}, options: []string{"--auto-agree-with-licenses"}, done: func() {}}
	var removes, downgrades, reinstalls, files bool
	for i, w := range r.Words {
		word, err := m.translate(ctx, installed, w)
		if err != nil {
			s.failed[i] = err
		}
		s.words = append(s.words, word)
		removes, downgrades = removes || w.Remove, downgrades || w.Downgrade
		reinstalls, files = reinstalls || w.Reinstall, files || w.File != ""
	}
	for option, set := range map[string]bool{
		// Without it zypper keeps a package that another one needs; the solution shows which packages are removed with
		// it.
		"--force-resolution":   removes || r.AllowRemovals,
		"--oldpackage":         downgrades || r.AllowDowngrades,
		"--force":              reinstalls,
		"--allow-unsigned-rpm": files, // the operator named the file
	} {
		if set {
			s.options = append(s.options, option)
		}
	}
	slices.Sort(s.options)
	return s, nil
}

// translate converts a word to zypper's form: NAME[.ARCH][=VERSION], !NAME or a file.
func (m *machine) translate(ctx context.Context, installed []packages.Package, w packages.Word) (string, error) {
	have, isInstalled := rpm.Find(installed, w.Name, w.Arch)
	name, newVersion := w.Name, w.Version
	if w.Arch != "" {
		name += "." + w.Arch
	}
	if w.File != "" {
		p, err := m.rpm.ReadPackageFile(ctx, w.File)
		if err != nil {
			return "", fmt.Errorf("cannot read package file %q: %w", w.File, err)
		}
		newVersion = p.Version
	}
	older := isInstalled && newVersion != "" && version.CompareRPM(newVersion, have.Version) < 0
	switch {
	case w.Remove && !isInstalled:
		return "", errors.New("it is not installed")
	case w.Remove:
		return "!" + name, nil
	case older && !w.Downgrade:
		return "", fmt.Errorf("version %s is older than the installed %s", newVersion, have.Version)
	case w.File != "":
		return w.File, nil
	case w.Version != "":
		return name + "=" + w.Version, nil
	case w.Reinstall && isInstalled:
		return name + "=" + have.Version, nil
	}
	return name, nil
}

// releaseNamed lets zypper change the held packages that words name, and no others: it runs zypper with a list of locks
// without theirs.
func (m *machine) releaseNamed(s *script) error {
	text, err := rpm.ReadFile(m.Host, locksFile)
	if err != nil {
		return err
	}
	var kept strings.Builder
	release := false
	for _, l := range parseLocks(text) {
		if slices.ContainsFunc(s.request.Words, func(w packages.Word) bool { return l.holds(w.Name) }) {
			release = true
			continue
		}
		kept.WriteString(l.text)
	}
	if !release {
		return nil
	}
	config, err := rpm.ReadFile(m.Host, configFile)
	if err != nil {
		return err
	}
	dir, err := m.MakeFolder("converge-zypper-")
	if err != nil {
		return fmt.Errorf("cannot release the locks of packages: %w", err)
	}
	s.done = func() { _ = os.RemoveAll(dir) } // it is in a folder that the system cleans at boot
	inside := strings.TrimPrefix(dir, m.Root)
	err = errors.Join(
		fsys.ReplacePath(filepath.Join(dir, "locks"), []byte(kept.String()), fsys.Replacement{Mode: 0o644}),
		fsys.ReplacePath(filepath.Join(dir, "zypp.conf"), []byte(withLocks(config, inside+"/locks")), fsys.Replacement{Mode: 0o644}),
	)
	if err != nil {
		s.done()
		return fmt.Errorf("cannot release the locks of packages: %w", err)
	}
	s.before = []string{"env", "ZYPP_CONF=" + inside + "/zypp.conf"}
	return nil
}

// withLocks returns zypp.conf with another list of locks (its option locksfile.path).
func withLocks(config, file string) string {
	var out strings.Builder
	set := "locksfile.path = " + file + "\n"
	placed := false
	for line := range strings.Lines(config) {
		trimmed := strings.TrimSpace(line)
		if strings.HasPrefix(trimmed, "locksfile.path") {
			continue
		}
		out.WriteString(strings.TrimSuffix(line, "\n") + "\n")
		if trimmed == "[main]" && !placed {
			out.WriteString(set)
			placed = true
		}
	}
	if !placed {
		out.WriteString("[main]\n" + set)
	}
	return out.String()
}

// scriptArgv returns the command of a script.
func (m *machine) scriptArgv(s *script, options ...string) []string {
	argv := m.argv(append(append(append([]string{"install"}, s.options...), options...), "--")...)
	for _, w := range append(slices.Clone(s.words), s.weak...) {
		if w != "" {
			argv = append(argv, w)
		}
	}
	return append(slices.Clone(s.before), argv...)
}
