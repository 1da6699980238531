package rpm

import "sync"

// Cache caches a manager's answers that depend only on what a stamp covers: a dnf process costs half a second of
// processor time, and a run asks the same before and after its plan. The zero value is empty.
type Cache[T any] struct {
	mu    sync.Mutex
	stamp string
	kept  map[string]T
}

// Get returns the answer for key. It calls ask unless the answer is cached under the same stamp. It caches nothing
// under the stamp "", which covers nothing.
func (c *Cache[T]) Get(stamp, key string, ask func() (T, error)) (T, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if stamp == "" {
		return ask()
	}
	if c.stamp != stamp {
		c.stamp, c.kept = stamp, map[string]T{}
	}
	if answer, ok := c.kept[key]; ok {
		return answer, nil
	}
	answer, err := ask()
	if err == nil {
		c.kept[key] = answer
	}
	return answer, err
}
