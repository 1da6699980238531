package apk

import (
	"context"
	"slices"
)

// ListOrigins implements [packages.OriginIndex].
func (x *index) ListOrigins(ctx context.Context, definition string) (within, beside []string, err error) {
	own := parseRepositories([]byte(definition))
	err = x.readOffers(ctx, func(o offered) {
		if slices.Contains(own, o.from) {
			within = append(within, o.name)
		} else {
			beside = append(beside, o.name)
		}
	})
	return within, beside, err
}
