package apt

import (
	"context"
	"strings"

	"github.com/agext/levenshtein"
)

// didYouMean is "; did you mean NAME?" if apt knows a name much like this one.
func (s *sources) didYouMean(ctx context.Context, l lists, name string) string {
	argv := append([]string{"apt-cache"}, l.options...)
	res, err := s.exec.run(ctx, command{argv: append(argv, "pkgnames")})
	if err != nil || res.status != 0 {
		return "" // it is a kindness, no more
	}
	limit := 3 // edits that are too many; of short names fewer
	if len(name) < 6 {
		limit = 2
	}
	best, least := "", limit
	for known := range strings.Lines(res.stdout) {
		known = strings.TrimSpace(known)
		if d := len(known) - len(name); d >= limit || -d >= limit {
			continue
		}
		d := levenshtein.Distance(name, known, nil)
		if d < least || best != "" && d == least && known < best {
			best, least = known, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}
