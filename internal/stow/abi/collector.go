package abi

import (
	"path"
	"strings"
)

// collector gathers the objects of an image into facts.
type collector struct {
	objects []Object
	// Programs link to a library without a soname by the name under which the linker found it, which may be that of a
	// link.
	nameless map[string]int      // index of objects, by path
	links    map[string][]string // paths of links, by target
}

func (c *collector) addLink(name, text string) {
	if !path.IsAbs(text) {
		to := path.Join(path.Dir(name), text)
		c.links[to] = append(c.links[to], name)
	}
}

func (c *collector) addObject(name string, o Object) {
	if o.Library && o.Soname == "" {
		c.nameless[name] = len(c.objects)
	}
	c.objects = append(c.objects, o)
}

// nameNameless gives libraries without a soname the names of their files and links.
func (c *collector) nameNameless() {
	for name, i := range c.nameless {
		for _, n := range append([]string{name}, c.links[name]...) {
			alias := c.objects[i]
			if alias.Soname = path.Base(n); !strings.Contains(alias.Soname, ".so") {
				continue
			}
			// The other names repeat only its exports.
			alias.Needs, alias.Imports = nil, nil
			c.objects = append(c.objects, alias)
		}
	}
}

func (c *collector) toFacts() Facts {
	c.nameNameless()
	m := newMerger()
	for _, o := range c.objects {
		m.addOffer(o)
	}
	for _, o := range c.objects {
		m.addNeeds(o)
	}
	return m.toFacts()
}
