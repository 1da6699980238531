package farm

import "strings"

// findOwner resolves a link by its text alone, and returns the image that contains the result. No image contains an
// absolute path, unless this planner makes absolute links.
func (p *Planner) findOwner(path, text string) (dest string, img Image, owned bool, err error) {
	if strings.HasPrefix(text, "/") {
		rest, ok := "", false
		if p.Options.Absolute != "" {
			rest, ok = within(joinPaths(text), p.Options.Absolute)
		}
		if !ok {
			return "", Image{}, false, nil
		}
		dest = joinPaths(p.Stow, rest)
	} else {
		dest = joinPaths(parentPath(path), text)
	}
	img, owned, err = p.Rules.Owner(dest)
	return dest, img, owned, err
}

// GNU holds the rules of GNU Stow for one stow directory.
type GNU struct {
	Stow string // the stow directory, from the target
	Tree Tree   // to look for the marker of other stow directories

	marked map[string]bool
}

// NewGNU returns the rules for a stow directory; stow is its path from the target.
func NewGNU(stow string, tree Tree) *GNU {
	return &GNU{Stow: stow, Tree: tree, marked: map[string]bool{}}
}

// Owner decides by path: first the current stow directory, then the outermost directory on the path that contains a file
// .stow. The package need not exist.
func (g *GNU) Owner(dest string) (Image, bool, error) {
	if rest, ok := within(dest, g.Stow); ok {
		name, _, _ := strings.Cut(rest, "/")
		return Image{Stow: g.Stow, Package: name}, true, nil
	}
	for i := range len(dest) {
		if dest[i] != '/' || i == 0 {
			continue
		}
		marked, err := g.isMarked(dest[:i])
		if err != nil {
			return Image{}, false, err
		}
		if marked {
			name, _, _ := strings.Cut(dest[i+1:], "/")
			return Image{Stow: dest[:i], Package: name}, true, nil
		}
	}
	return Image{}, false, nil
}

func (g *GNU) isMarked(dir string) (bool, error) {
	if marked, ok := g.marked[dir]; ok {
		return marked, nil
	}
	t, err := g.Tree.Leads(pathBelow(dir, marker))
	g.marked[dir] = t != None
	return t != None, err
}

// Relation is always Strangers.
func (g *GNU) Relation(_, _ Image) Relation { return Strangers }

// Cover returns none: packages of GNU Stow have one image each.
func (g *GNU) Cover(Image) (Image, bool) { return Image{}, false }
