package rpm

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/tool"
	"converge/internal/version"
)

// rpm records the new version of a package before it removes the old one, so a transaction that is killed in between
// leaves both. But two versions may also be installed on purpose: by design (kernels), or by an administrator.

// double is a package that is installed in two versions.
type double struct{ newer, older packages.Package }

// mergeVersions merges the versions of each package into the newest.
func mergeVersions(list []packages.Package) (merged []packages.Package, doubles []double) {
	place := map[[2]string]int{}
	var older []packages.Package
	for _, p := range list {
		key := [2]string{p.Name, p.Arch}
		i, twice := place[key]
		if !twice {
			place[key] = len(merged)
			merged = append(merged, p)
			continue
		}
		if version.CompareRPM(merged[i].Version, p.Version) < 0 {
			merged[i], p = p, merged[i]
		}
		older = append(older, p)
	}
	for _, p := range older {
		doubles = append(doubles, double{merged[place[[2]string{p.Name, p.Arch}]], p})
	}
	return merged, doubles
}

// findLeftovers returns the doubles that an interrupted transaction has left: versions that must not coexist, where the
// older one has no file that the newer one lacks, so that its removal loses nothing. All others are unclear.
//
// The doubles may come from a transaction that was running when they were read. Call this only after its end: then it
// has removed one version of each of its own doubles, and they are skipped.
func (r Reader) findLeftovers(ctx context.Context, doubles []double) (left, unclear []double, err error) {
	if len(doubles) == 0 {
		return nil, nil, nil
	}
	many, err := r.readInstallOnly()
	if err != nil {
		return nil, nil, err
	}
	doubles = slices.DeleteFunc(slices.Clone(doubles), func(d double) bool { return coexists(d.newer, many) || coexists(d.older, many) })
	if len(doubles) == 0 {
		return nil, nil, nil
	}
	files, err := r.listOwnFiles(ctx, doubles)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot list the files of packages that are there twice: %w", err)
	}
	for _, d := range doubles {
		newer, older := files[fullName(d.newer)], files[fullName(d.older)]
		if newer == nil || older == nil {
			continue // removed since
		}
		lost := false
		for name := range older {
			lost = lost || !newer[name]
		}
		if lost || fullName(d.newer) == fullName(d.older) {
			unclear = append(unclear, d)
		} else {
			left = append(left, d)
		}
	}
	return left, unclear, nil
}

// filesFormat prints a line that starts with "P" for each package, and one with "f" for each of its files. For a
// package without files, some versions of rpm print "(none)".
const filesFormat = `P\t%{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}\n[f\t%{FILEMODES}\t%{FILEFLAGS}\t%{FILENAMES}\n]\n`

// listOwnFiles lists the files that the packages of doubles have installed, by full package name: not the folders,
// which several packages may share. A package that is no longer installed has nil.
func (r Reader) listOwnFiles(ctx context.Context, doubles []double) (map[string]map[string]bool, error) {
	argv := []string{"rpm", "-q", "--qf", filesFormat, "--"}
	asked := map[string]bool{}
	for _, d := range doubles {
		for _, name := range []string{fullName(d.newer), fullName(d.older)} {
			if !asked[name] {
				asked[name], argv = true, append(argv, name)
			}
		}
	}
	res, err := r.Host.Run(ctx, tool.Command{Argv: argv})
	if err != nil {
		return nil, err
	}
	files, missing, err := parseOwnFiles(res.Stdout, asked)
	if err == nil && res.Status != missing { // the status is the number of packages that are not installed
		err = errors.New(tool.LastLines(res.Stdout+res.Stderr, 1))
	}
	return files, err
}

// parseOwnFiles parses an answer in filesFormat, and counts the packages that are not installed.
func parseOwnFiles(out string, asked map[string]bool) (files map[string]map[string]bool, missing int, err error) {
	files = map[string]map[string]bool{}
	var of map[string]bool
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		f := strings.Split(line, "\t")
		switch {
		case line == "", line == "(none)", strings.HasPrefix(line, "f\t(none)"):
		case len(f) == 2 && f[0] == "P" && asked[f[1]]:
			of = map[string]bool{}
			files[f[1]] = of
		case len(f) == 4 && f[0] == "f" && of != nil:
			mode, err := strconv.ParseUint(f[1], 10, 16)
			flags, flagsErr := strconv.ParseUint(f[2], 10, 32)
			if err := errors.Join(err, flagsErr); err != nil {
				return nil, 0, fmt.Errorf("rpm answers in an unknown form: %.80q: %w", line, err)
			}
			if mode&unix.S_IFMT != unix.S_IFDIR && flags&isGhost == 0 {
				of[f[3]] = true
			}
		case asked[isNotInstalled(line)]:
			missing++
		default:
			return nil, 0, fmt.Errorf("rpm answers in an unknown form: %.80q", line)
		}
	}
	return files, missing, nil
}

// isNotInstalled returns the package that a line of rpm reports as not installed.
func isNotInstalled(line string) string {
	name, _ := strings.CutPrefix(line, "package ")
	name, _ = strings.CutSuffix(name, " is not installed")
	return name
}

// FinishUpgrades removes the old versions that an interrupted transaction has left, with their scripts, as the
// transaction would have done: only those of the packages that words name, because no others are in the plan. If
// another transaction runs, it checks the doubles again afterwards, because that transaction may have removed one of
// the two versions itself.
func (r Reader) FinishUpgrades(ctx context.Context, locks []tool.Lock, words []packages.Word) error {
	list, err := r.query(ctx, "-qa")
	if err != nil {
		return fmt.Errorf("cannot read the installed packages: %w", err)
	}
	_, doubles := mergeVersions(list)
	if len(doubles) == 0 {
		return nil
	}
	told := map[string]bool{}
	res, err := r.Host.RunPrepared(ctx, locks, LostRace, func() (*tool.Command, error) {
		left, unclear, err := r.findLeftovers(ctx, doubles)
		if err != nil {
			return nil, err
		}
		left = slices.DeleteFunc(left, func(d double) bool {
			return !slices.ContainsFunc(words, func(w packages.Word) bool { return w.Name == d.older.Name && !w.Remove })
		})
		r.tellOf(left, unclear, told)
		return eraseOlder(left), nil
	})
	if err == nil && res.Status != 0 {
		err = errors.New(tool.LastLines(res.Stdout, 1))
	}
	if err != nil {
		return fmt.Errorf("cannot finish the interrupted transaction: %w", err)
	}
	return nil
}

// eraseOlder returns the command that removes the older versions of doubles, or nil.
func eraseOlder(left []double) *tool.Command {
	if len(left) == 0 {
		return nil
	}
	argv := []string{"rpm", "-e", "--nodeps", "--"}
	for _, d := range left {
		argv = append(argv, fullName(d.older))
	}
	return &tool.Command{Argv: argv, Keep: true}
}

// tellOf sends one notice about each double.
func (r Reader) tellOf(left, unclear []double, told map[string]bool) {
	for _, d := range unclear {
		if !told[fullName(d.older)] {
			r.Host.SendNotice("%s is installed in versions %s and %s, each with files of its own: both stay; if %[2]s is not wanted, remove it by rpm -e %[4]s",
				d.older.Name, d.older.Version, d.newer.Version, fullName(d.older))
		}
		told[fullName(d.older)] = true
	}
	for _, d := range left {
		if !told[fullName(d.older)] {
			r.Host.SendNotice("an interrupted transaction has left %s in version %s beside the newer one; removing it", d.older.Name, d.older.Version)
		}
		told[fullName(d.older)] = true
	}
}

// fullName names one version of a package in rpm's format.
func fullName(p packages.Package) string {
	return p.Name + "-" + withoutEpoch(p.Version) + "." + p.Arch
}

// coexists reports whether versions of a package may be installed side by side: by its name, by the defaults of dnf's
// installonlypkgs (dnf.conf(5)) and zypper's multiversion (zypp.conf), or by the machine's own settings.
func coexists(p packages.Package, many []string) bool {
	if p.Name == "kernel" || strings.HasPrefix(p.Name, "kernel-") || isOneOf(p.Name, many) {
		return true
	}
	return slices.ContainsFunc(p.Provides, func(v packages.Provided) bool {
		return strings.HasPrefix(v.Name, "installonlypkg(") || strings.HasPrefix(v.Name, "multiversion(") || isOneOf(v.Name, many)
	})
}

func isOneOf(name string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		ok, err := path.Match(pattern, name)
		return pattern == name || ok && err == nil
	})
}

// readInstallOnly reads the names that the machine's settings keep in several versions: names of packages, or names
// that packages provide.
func (r Reader) readInstallOnly() ([]string, error) {
	var names []string
	add := func(text string) {
		for _, name := range strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(", \t\n", c) }) {
			names = append(names, strings.TrimPrefix(name, "provides:"))
		}
	}
	for file, option := range map[string]string{"/etc/dnf/dnf.conf": "installonlypkgs", "/etc/zypp/zypp.conf": "multiversion"} {
		text, err := ReadFile(r.Host, file)
		if err != nil {
			return nil, err
		}
		add(ParseIni(text)["main"][option])
	}
	lines, err := readLines(r.Host, "/etc/zypp/multiversion.d", "")
	for _, line := range lines {
		add(line)
	}
	return names, err
}
