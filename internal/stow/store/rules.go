package store

import (
	"path"
	"strings"

	"converge/internal/stow/farm"
	"converge/internal/stow/versiondir"
)

// rules are those of the protocol: the owner of a link, and the relation between images of one package. Other stow
// directories are left to inner.
type rules struct {
	inner    farm.Rules
	stow     string // the stow directory, from the target
	moved    string // where it was before, from the target; "" it was not moved
	protocol func(foo string) (bool, error)
}

// Owner splits the path of links below the stow directory: component 1 is the package, and component 2 a version or
// :config if it follows the protocol.
func (r *rules) Owner(dest string) (farm.Image, bool, error) {
	if rest, ok := pathBelow(dest, r.stow); ok {
		return r.findOwner(r.stow, rest)
	}
	if r.moved != "" {
		if rest, ok := pathBelow(dest, r.moved); ok {
			return r.findOwner(r.moved, rest)
		}
	}
	return r.inner.Owner(dest)
}

func (r *rules) findOwner(stow, rest string) (farm.Image, bool, error) {
	foo, rest, _ := strings.Cut(rest, "/")
	naive := farm.Image{Stow: stow, Package: foo}
	if rest == "" {
		return naive, foo != "", nil
	}
	protocol, err := r.protocol(foo)
	if err != nil || !protocol {
		return naive, err == nil, err
	}
	part, _, _ := strings.Cut(rest, "/")
	if part != Config && !versiondir.IsVersion(part) {
		// A link through :installed belongs to a person.
		return farm.Image{}, false, nil
	}
	return farm.Image{Stow: path.Join(stow, foo), Package: part}, true, nil
}

// Relation lets versions of one package replace each other, and :config win over them. An image of a moved stow
// directory is replaced by the same image at its new place.
func (r *rules) Relation(new, old farm.Image) farm.Relation {
	was := old
	if r.moved != "" && old.Stow != new.Stow {
		if rest, ok := pathBelow(old.Stow, r.moved); ok {
			was.Stow = path.Join(r.stow, rest)
		}
	}
	if was == new && was != old {
		return farm.Replaces
	}
	if _, ok := pathBelow(new.Stow, r.stow); !ok || new.Stow == r.stow || was.Stow != new.Stow {
		return r.inner.Relation(new, old)
	}
	switch {
	case new.Package == was.Package:
		return farm.Replaces
	case new.Package == Config:
		return farm.Covers
	case was.Package == Config:
		return farm.Yields
	}
	return farm.Replaces
}

// Cover lets :config win over the versions of its package.
func (r *rules) Cover(image farm.Image) (farm.Image, bool) {
	if _, ok := pathBelow(image.Stow, r.stow); !ok || image.Stow == r.stow || image.Package == Config {
		return farm.Image{}, false
	}
	return farm.Image{Stow: image.Stow, Package: Config}, true
}
