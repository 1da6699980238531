package pacman

import (
	"context"
	"slices"
	"strings"
)

// ListOrigins implements [packages.OriginIndex]. It ignores pacman's cache, whose packages belong to no repository.
func (m index) ListOrigins(ctx context.Context, definition string) (within, beside []string, err error) {
	entries, err := m.readSync(ctx)
	if err != nil {
		return nil, nil, err
	}
	own, section := &conf{}, ""
	for line := range strings.Lines(definition) {
		own.addLine(line, &section)
	}
	for _, e := range entries {
		if slices.Contains(own.repos, e.repo) {
			within = append(within, e.name)
		} else {
			beside = append(beside, e.name)
		}
	}
	return within, beside, nil
}
