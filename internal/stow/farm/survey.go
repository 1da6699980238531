package farm

import (
	"context"
	"slices"
)

// survey reads and caches the packages and the target for one plan. It does not know the operations.
type survey struct {
	*Planner
	ctx    context.Context //nolint:containedctx // of the one plan that is made
	marked map[string]bool
	again  map[Image]bool // images that are unstowed and then stowed
	spots  map[string][]spot
}

func newSurvey(ctx context.Context, p *Planner, req Request) *survey {
	v := &survey{Planner: p, ctx: ctx, marked: map[string]bool{}, again: map[Image]bool{}, spots: map[string][]spot{}}
	for _, img := range req.Unstow {
		v.again[img] = slices.Contains(req.Stow, img)
	}
	return v
}

func (v *survey) openImage(image Image) imageTree {
	return imageTree{survey: v, image: image, top: joinPaths(image.Stow, image.Package)}
}
