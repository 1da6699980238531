package engine

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// observeChunk is how many resources a worker takes at a time: enough that
// taking costs nothing, few enough that the last worker does not lag.
const observeChunk = 32

// observeAll observes resources concurrently and passes each result to got, which is called from several goroutines,
// once per index.
func observeAll(ctx context.Context, rs []*resource.Resource, which []int, got func(i int, have cty.Value, err error)) {
	var next atomic.Int64
	work := func() {
		for {
			from := int(next.Add(observeChunk)) - observeChunk
			if from >= len(which) {
				return
			}
			for _, i := range which[from:min(from+observeChunk, len(which))] {
				have, err := observe(ctx, rs[i])
				got(i, have, err)
			}
		}
	}
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), (len(which)+observeChunk-1)/observeChunk) - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
}

func observe(ctx context.Context, r *resource.Resource) (cty.Value, error) {
	if err := ctx.Err(); err != nil {
		return cty.NilVal, err
	}
	return r.Provider().Observe(ctx, r.Want)
}
