package dnf

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

// offer is a package of a repository, with the names that it provides.
type offer struct {
	packages.Offer
	provides map[string]string // name → version
}

// offerFormat answers with a line of fields, and one for each name that the package
// provides.
const offerFormat = "P\t%{name}\t%{epoch}:%{version}-%{release}\t%{arch}\t%{repoid}\n%{provides}"

// ListOffers implements [packages.Index], by one process for all names.
func (x index) ListOffers(ctx context.Context, names []string) (map[string][]packages.Offer, error) {
	if len(names) == 0 {
		return nil, nil
	}
	s, err := x.readSettings()
	if err != nil || len(s.repos) == 0 {
		return nil, err
	}
	var asked []string
	for _, name := range names {
		base, _, _ := rpm.CutArch(name)
		asked = append(asked, name, base)
	}
	slices.Sort(asked)
	asked = slices.Compact(asked)
	all, err := x.offers.Get(x.stampIndex(s), strings.Join(asked, ","), func() ([]offer, error) { return x.askOffers(ctx, s, asked) })
	if err != nil {
		return nil, fmt.Errorf("cannot ask what the repositories offer: %w", err)
	}
	out := map[string][]packages.Offer{}
	for _, name := range names {
		out[name] = selectOffers(all, name, s.repos)
	}
	return out, nil
}

func (x index) askOffers(ctx context.Context, s settings, asked []string) ([]offer, error) {
	unfetched, err := x.disableUnfetched(s)
	if err != nil || len(unfetched) == len(s.repos) {
		return nil, err
	}
	argv := x.argv(append([]string{"-C", "-q"}, append(unfetched, "repoquery", "--qf", offerFormat, "--whatprovides", strings.Join(asked, ","))...)...)
	res, err := x.RunLocked(ctx, x.indexLocks(), lostRace, tool.Command{Argv: argv})
	if err == nil && res.Status != 0 {
		err = errors.New(firstError(res))
	}
	if err != nil {
		return nil, err
	}
	return parseOffers(res.Stdout)
}

// parseOffers reads an answer in offerFormat.
func parseOffers(out string) ([]offer, error) {
	var all []offer
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		f := strings.Split(line, "\t")
		switch {
		case len(f) == 5 && f[0] == "P" && f[1] != "":
			o := offer{provides: map[string]string{}}
			o.Name, o.Version, o.Arch, o.Source = f[1], rpm.ShortVersion(f[2]), f[3], f[4]
			all = append(all, o)
		case len(f) == 1 && len(all) > 0:
			name, rest, _ := strings.Cut(line, " = ")
			all[len(all)-1].provides[name] = rpm.ShortVersion(rest)
		case line == "":
		default:
			return nil, fmt.Errorf("dnf answers in an unknown form: %.80q", line)
		}
	}
	return all, nil
}

// selectOffers returns the offers under one name, dnf's choice first.
func selectOffers(all []offer, name string, repos []rpm.Repo) []packages.Offer {
	base, arch, hasArch := rpm.CutArch(name)
	var list []packages.Offer
	for _, o := range all {
		p := o.Offer
		provided, provides := o.provides[name]
		switch {
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
