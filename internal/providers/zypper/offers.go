package zypper

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/tool"
	"converge/internal/providers/rpm"
)

// offer is a package of a repository, with the requested names that it provides.
type offer struct {
	packages.Offer
	provides map[string]string // name → version
}

// ListOffers implements [packages.Index], by one process for all names. It reads the table, because the XML of a search
// does not contain the matching name.
func (x index) ListOffers(ctx context.Context, names []string) (map[string][]packages.Offer, error) {
	repos, err := x.readRepos()
	if err != nil || len(names) == 0 || len(repos) == 0 {
		return nil, err
	}
	var asked []string
	for _, name := range names {
		base, _, _ := rpm.CutArch(name)
		asked = append(asked, name, base)
	}
	slices.Sort(asked)
	asked = slices.Compact(asked)
	stamp := x.stampIndex(repos) + x.rpm.Stamp() // the table marks installed packages
	all, err := x.offers.Get(stamp, strings.Join(asked, ","), func() ([]offer, error) { return x.askOffers(ctx, asked) })
	if err != nil {
		return nil, fmt.Errorf("cannot ask what the repositories offer: %w", err)
	}
	out := map[string][]packages.Offer{}
	for _, name := range names {
		out[name] = selectOffers(all, name, repos)
	}
	return out, nil
}

func (x index) askOffers(ctx context.Context, asked []string) ([]offer, error) {
	argv := x.plainArgv("search", "--verbose", "--match-exact", "--case-sensitive", "--provides", "--type", "package", "--")
	res, err := x.RunLocked(ctx, x.zyppLocks(), lostRace, tool.Command{Argv: append(argv, asked...)})
	if err == nil && !isDone(res.Status) && res.Status != statusUnknown {
		err = errors.New(tool.LastLines(res.Stdout+res.Stderr, 1))
	}
	if err != nil {
		return nil, err
	}
	all, err := parseSearch(res.Stdout)
	if err == nil && len(all) == 0 && res.Status != statusUnknown {
		err = fmt.Errorf("zypper has found something, and answers in an unknown form: %s", quoteEnds(res.Stdout))
	}
	return all, err
}

// parseSearch parses the table of a search:
//
//	S  | Name  | Type    | Version | Arch   | Repository
//	---+-------+---------+---------+--------+-----------
//	i+ | demo  | package | 2.0-1   | noarch | fix
//	    provides: demo = 2.0-1
func parseSearch(out string) ([]offer, error) {
	var all []offer
	inTable := false
	for line := range strings.Lines(out) {
		line = strings.TrimRight(line, " \n")
		fields := strings.Split(line, "|")
		for i := range fields {
			fields[i] = strings.TrimSpace(fields[i])
		}
		text, isProvided := strings.CutPrefix(line, "    provides: ")
		switch {
		case len(fields) == 6 && fields[1] == "Name" && fields[5] == "Repository":
			inTable = true
		case !inTable || line == "" || strings.HasPrefix(line, "--"):
		case len(fields) == 6 && fields[2] == "package" && fields[1] != "" && fields[3] != "":
			o := offer{provides: map[string]string{}}
			o.Name, o.Version, o.Arch, o.Source = fields[1], rpm.ShortVersion(fields[3]), fields[4], fields[5]
			all = append(all, o)
		case isProvided && len(all) > 0:
			name, v, _ := strings.Cut(text, " = ")
			all[len(all)-1].provides[name] = rpm.ShortVersion(v)
		case strings.HasPrefix(line, "    ") && len(all) > 0: // another kind of match
		default:
			return nil, fmt.Errorf("zypper answers in an unknown form: %.80q", line)
		}
	}
	return all, nil
}

// installedOnly is the repository name of packages that are in no repository.
const installedOnly = "(System Packages)"

// selectOffers returns the offers under one name, zypper's choice first.
func selectOffers(all []offer, name string, repos []rpm.Repo) []packages.Offer {
	base, arch, hasArch := rpm.CutArch(name)
	var list []packages.Offer
	for _, o := range all {
		p := o.Offer
		provided, provides := o.provides[name]
		switch {
		case p.Source == installedOnly:
			continue
		case p.Name == name || hasArch && p.Name == base && p.Arch == arch:
		case provides:
			p.Virtual, p.Provides = true, provided
		default:
			continue
		}
		list = append(list, p)
	}
	return rpm.SortOffers(list, repos, hasArch)
}
