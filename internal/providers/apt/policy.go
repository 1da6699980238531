package apt

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"converge/internal/version"

	"converge/internal/providers/packages/tool"
)

// offer is the package sources' offer of one package.
type offer struct {
	candidate string // what apt would install; "" if nothing
	versions  []string
	listed    bool              // some package source has it, in any version
	phased    map[string]string // how far versions are phased in, that not all machines get yet: "10%"
}

// parsePolicy reads the answer of `apt-cache policy NAME…`: the offer of each package. It lacks names that apt does
// not know.
func parsePolicy(out string) map[string]offer {
	offers := map[string]offer{}
	name, table := "", false
	for line := range strings.Lines(out) {
		line = strings.TrimRight(line, "\n")
		if line != "" && line[0] != ' ' {
			name, table = strings.TrimSuffix(line, ":"), false
			offers[name] = offer{}
			continue
		}
		if name == "" {
			continue
		}
		o := offers[name]
		field, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch {
		case field == "Candidate" && value != "(none)":
			o.candidate = value
		case strings.TrimSpace(line) == "Version table:":
			table = true
		case table:
			// " *** VERSION PRIORITY" or " VERSION PRIORITY"; the origin of a version is indented deeper. " (phased
			// N%)" may follow.
			f := strings.Fields(strings.TrimPrefix(line, " ***"))
			o.listed = o.listed || len(f) >= 2 && len(line) > 5 && line[5] == ' ' && f[1] != statusFile
			if len(f) >= 2 && len(line) > 5 && line[5] != ' ' {
				if prio, err := strconv.Atoi(f[1]); err == nil && prio >= 0 {
					o.versions = append(o.versions, f[0])
				}
			}
			if len(f) == 4 && f[2] == "(phased" {
				if o.phased == nil {
					o.phased = map[string]string{}
				}
				o.phased[f[0]] = strings.TrimSuffix(f[3], ")")
			}
		}
		offers[name] = o
	}
	return offers
}

// askOffers asks apt for its offers of the named packages, in one call.
func (s *sources) askOffers(ctx context.Context, l lists, names []string) (map[string]offer, error) {
	argv := append([]string{"apt-cache", "-q"}, l.options...)
	argv = append(argv, "policy", "--")
	res, err := s.Run(ctx, tool.Command{Argv: append(argv, names...)})
	if err != nil {
		return nil, fmt.Errorf("cannot ask apt which versions there are: %w", err)
	}
	if res.Status != 0 {
		return nil, fmt.Errorf("cannot ask apt which versions there are: %s", firstErrors(res))
	}
	return parsePolicy(res.Stdout), nil
}

// chooseVersion selects the version to install among those that the set allows: apt's own candidate if it is one,
// otherwise the newest.
func (o offer) chooseVersion(set version.Set) (string, bool) {
	if o.candidate != "" && set.AllowsPlace(o.candidate) {
		return o.candidate, true
	}
	best := ""
	for _, v := range o.versions {
		if set.AllowsPlace(v) && (best == "" || version.Compare(v, best) > 0) {
			best = v
		}
	}
	return best, best != ""
}
