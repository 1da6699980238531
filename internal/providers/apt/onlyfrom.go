package apt

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"converge/internal/providers/packages/tool"
	"converge/resources"
)

// OnlyFrom names the installed packages that no source offers in any version, except the
// sources of that definition: without these, they have no source. It asks apt once.
func (p *Provider) OnlyFrom(ctx context.Context, _, definition string) ([]string, error) {
	db, err := p.currentDatabase()
	if err != nil {
		return nil, err
	}
	var names []string
	for name, have := range db.eachPackage {
		if !have.isGone() {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	argv := slices.Concat([]string{"apt-cache", "-q"}, p.currentLists().options, []string{"policy", "--"}, names)
	res, err := p.Run(ctx, tool.Command{Argv: argv})
	switch {
	case err != nil:
		return nil, err
	case res.Status != 0:
		return nil, fmt.Errorf("cannot ask apt where packages come from: %s", firstErrors(res))
	}
	return parseOnlyFrom(res.Stdout, resources.AptSources(definition)), nil
}

// parseOnlyFrom reads the answer of `apt-cache policy NAME…`. Below each version
// is a line for each source that has it,
//
//	500 file:/srv/repo stable/main amd64 Packages
//	100 /var/lib/dpkg/status
func parseOnlyFrom(out string, of []resources.AptSource) []string {
	var names []string
	name, ours, others := "", false, false
	end := func() {
		if ours && !others {
			names = append(names, name)
		}
		ours, others = false, false
	}
	for line := range strings.Lines(out) {
		line = strings.TrimRight(line, "\n")
		if line != "" && line[0] != ' ' {
			end()
			name = strings.TrimSuffix(line, ":")
			continue
		}
		f := strings.Fields(line)
		if !strings.HasPrefix(line, "        ") || len(f) < 3 {
			continue
		}
		if slices.ContainsFunc(of, func(s resources.AptSource) bool { return isOf(s, f[1], f[2]) }) {
			ours = true
		} else {
			others = true
		}
	}
	end()
	slices.Sort(names)
	return names
}

// isOf reports whether a source is the one that apt writes as URI and SUITE/COMPONENT.
func isOf(s resources.AptSource, uri, place string) bool {
	same := resources.AptSource{URI: uri}.Place() == s.Place()
	return same && (place == s.Suite || strings.HasPrefix(place, strings.TrimRight(s.Suite, "/")+"/"))
}
