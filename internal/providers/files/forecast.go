package files

import (
	"context"
	"path"

	"converge/internal/resource"
	"converge/resources"
)

// forecast is what the changes of a plan will make and remove, as far as that is known.
type forecast struct {
	made map[string]bool     // folders, including intermediate ones
	way  map[string][]string // folder → intermediate folders that are made before it, outermost last
	gone map[string]bool

	homes map[string]bool // homes of new users

	owners map[string]uint32 // of folders that are made or get another owner
	handed []string          // folders that get another owner with all that is in them

	parents *parents // nil: changes have been made, and the parents of entries may have changed
}

// forecastPlan returns what the changes of a plan will make and remove. It is computed once for each plan.
func forecastPlan(e *resource.Expected, a access) forecast {
	if e == nil {
		return forecast{}
	}
	return resource.Index(e, func(e *resource.Expected) forecast { return newForecast(e, a) })
}

// entryType is the part of a wanted value that decides whether a change may make a folder.
type entryType struct {
	Type string `attr:"type"`
}

func newForecast(e *resource.Expected, a access) forecast {
	f := forecast{made: map[string]bool{}, way: map[string][]string{}, gone: map[string]bool{}, homes: map[string]bool{}, owners: map[string]uint32{}, parents: &parents{seen: map[string]parent{}}}
	for _, name := range e.Made {
		home := resource.DecodeBytes(name)
		f.made[home], f.homes[home] = true, true
	}
	for _, name := range e.Gone {
		f.gone[resource.DecodeBytes(name)] = true
	}
	for i := range e.Changes {
		c := &e.Changes[i]
		if c.Action != resource.Delete && resource.Part[entryType](c.Want).Type != resources.TypeDirectory {
			continue // the usual case: it makes no folder
		}
		if c, err := decodeChange(*c); err == nil {
			f.addChange(&c, a)
		}
	}
	return f
}

func (f *forecast) addChange(c *change, a access) {
	at, r := c.realPath(), &c.request
	if c.Action == resource.Delete {
		f.gone[at] = true
		return
	}
	if !r.isDirectory() {
		return
	}
	if r.Parents.Value && !f.made[at] {
		for dir := path.Dir(at); dir != "/" && dir != "." && !f.made[dir]; dir = path.Dir(dir) {
			f.made[dir] = true
			f.way[at] = append(f.way[at], dir)
		}
	}
	f.made[at] = true
	if owner, set := a.resolveOwner(context.Background(), &r.Permissions); set {
		f.owners[at] = owner
		if r.Recurse.Value {
			f.handed = append(f.handed, at+"/")
		}
	}
}
