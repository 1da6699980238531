package rpm

import "sync"

// Cache keeps answers of a manager that depend on nothing but what a stamp covers: a
// process of dnf costs half a second of processor time, and a run asks the same before
// and after its plan. The zero value is empty.
type Cache[T any] struct {
	mu    sync.Mutex
	stamp string
	kept  map[string]T
}

// Get returns the answer to key, which ask finds out unless it is known since the stamp
// last differed. Nothing is kept under the stamp "": it covers nothing.
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
