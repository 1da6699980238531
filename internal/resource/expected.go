package resource

import "sync"

// Expected is what a plan forecasts for one provider. All reviews of the plan
// share it.
type Expected struct {
	Changes []Change // of the provider, in order
	Made    []string // paths that changes of any provider make besides: a new user's home

	once  sync.Once
	index any
}

// Index returns what build makes of a forecast for looking things up in it. It is
// built once for each forecast, which has one provider and so one type T.
func Index[T any](e *Expected, build func(*Expected) T) T {
	e.once.Do(func() { e.index = build(e) })
	t, _ := e.index.(T) // see above
	return t
}
