package perlre

// groupTable numbers the groups of a pattern and knows what refers to them.
type groupTable struct {
	opened int // so far
	names  map[string]int
	later  []reference
}

// reference is a group that must exist once all is read.
type reference struct {
	at   int
	name string // empty: the number in node
	node *node
}

// open numbers a group that captures; ok is false for a second group of the name.
func (g *groupTable) open(name string) (number int, ok bool) {
	g.opened++
	if name == "" {
		return g.opened, true
	}
	if g.names[name] > 0 {
		return 0, false
	}
	if g.names == nil {
		g.names = map[string]int{}
	}
	g.names[name] = g.opened
	return g.opened, true
}

func (g *groupTable) refer(r reference) { g.later = append(g.later, r) }

// resolve sets the numbers of groups that are referred to by name, and refuses
// references to groups that do not exist.
func (g *groupTable) resolve(s *scanner) {
	for _, r := range g.later {
		if r.name != "" {
			r.node.group = g.names[r.name]
			if r.node.group == 0 {
				s.fail(r.at, "there is no group %q", r.name)
			}
		}
		if r.node.group > g.opened {
			s.fail(r.at, "there is no group %d", r.node.group)
		}
	}
}
