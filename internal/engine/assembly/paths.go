package assembly

import (
	"maps"
	"slices"
	"strings"
)

// paths resolves spelled paths as they will be once a run has made its links: through the links that the site declares
// and, elsewhere, through existing ones. It reads a folder once, however many things are in it.
//
// A path without links on the way, except at its last part, is called physical.
type paths struct {
	declared map[string]string // physical path of a declared link → its text; "": there is to be no link
	shown    map[string]string // physical path of a declared mount point → the folder that it shows, too
	spot     func(path string) Spot

	ways   map[string]string // spelled path → resolved path
	last   string            // of these: the last one, because things in one folder are resolved in succession
	lastTo string
	hops   map[string]*hop      // physical path → its resolution
	mounts map[string]string    // folder → the same folder by the path that was resolved first
	first  map[[2]uint64]string // folder on disk → the path that was resolved first
	spots  map[string]Spot      // what was found on the machine
}

// hop is one resolved part of a path.
type hop struct {
	to   string   // where the path then is
	via  []string // physical paths of the links that were followed, in order
	void bool     // nothing exists, so nothing below need be searched
	only bool     // it resolves only entries below: the folder itself has no second name
	open bool     // it is being resolved: meeting it again is a loop
}

// maxDepth bounds how many links are followed on one way; the kernel has the same bound (MAXSYMLINKS).
const maxDepth = 40

func newPaths(spot func(path string) Spot) *paths {
	p := &paths{spot: spot, spots: map[string]Spot{}, mounts: map[string]string{}}
	p.forget()
	return p
}

func (p *paths) forget() {
	p.last, p.lastTo = "/", "/"
	p.ways, p.hops, p.first = map[string]string{"/": "/"}, map[string]*hop{}, map[[2]uint64]string{}
}

// leads resolves a path, its last part included.
func (p *paths) leads(spelled string) string {
	if spelled == p.last {
		return p.lastTo
	}
	return p.leadsAt(spelled, 0)
}

func (p *paths) leadsAt(spelled string, depth int) string {
	if to, ok := p.ways[spelled]; ok {
		p.last, p.lastTo = spelled, to
		return to
	}
	dir, name := cutPath(spelled)
	to := p.step(p.leadsAt(dir, depth), name, depth).to
	p.ways[spelled] = to
	return to
}

// place returns the physical path of a spelled one. A link at the path itself is
// not followed.
func (p *paths) place(spelled string) string {
	if spelled == "/" || spelled == "" {
		return spelled
	}
	dir, name := cutPath(spelled)
	if to := p.leads(dir); to != dir {
		return joinPath(to, name)
	}
	return spelled
}

// point returns the physical path of a mount point. A folder that is mounted in two places has two mount points, so
// only links are followed.
func (p *paths) point(spelled string) string {
	if spelled == "/" || spelled == "" {
		return spelled
	}
	dir, name := cutPath(spelled)
	return joinPath(p.folder(dir), name)
}

// folder resolves the path of a folder, which may contain links.
func (p *paths) folder(dir string) string {
	if dir == "/" {
		return dir
	}
	above, name := cutPath(dir)
	above = p.folder(above)
	if s := p.step(above, name, 0); len(s.via) > 0 {
		return s.to
	}
	return joinPath(above, name)
}

// via returns the links between the folder of a spelled path and the path's final place.
func (p *paths) via(spelled string) []string {
	if spelled == "/" || spelled == "" {
		return nil
	}
	dir, name := cutPath(spelled)
	return p.step(p.leads(dir), name, 0).via
}

// step resolves a name in a physical folder.
func (p *paths) step(dir, name string, depth int) *hop {
	at := joinPath(dir, name)
	if s := p.hops[at]; s != nil {
		return s
	}
	s := &hop{to: at}
	p.hops[at] = s
	if folder, ok := p.shown[at]; ok && depth <= maxDepth {
		s.to = p.leadsAt(folder, depth+1)
		return s
	}
	text, known := p.declared[at]
	if !known || text != "" && p.isFolder(at) {
		text = p.look(dir, at, s)
	}
	if text == "" || depth > maxDepth {
		return s
	}
	s.open = true
	p.follow(s, dir, text, depth+1)
	s.open = false
	return s
}

// isFolder reports whether a folder is at the physical path of a declared link. As long as it exists no link is made
// there, so the way leads through the folder.
func (p *paths) isFolder(at string) bool { return p.spot != nil && p.spotAt(at).Folder[1] != 0 }

func (p *paths) spotAt(at string) Spot {
	spot, known := p.spots[at]
	if !known {
		spot = p.spot(at)
		p.spots[at] = spot
	}
	return spot
}

// look reads a link from the disk. A folder that was found by another path before, because it is mounted in two
// places, gets that path.
func (p *paths) look(dir, at string, s *hop) (link string) {
	if p.spot == nil {
		return ""
	}
	if above := p.hops[dir]; above != nil && above.void {
		s.void = true
		return ""
	}
	spot := p.spotAt(at)
	s.void, s.only = !spot.Anything, spot.Through
	if spot.Folder[1] != 0 {
		if first, met := p.first[spot.Folder]; met {
			s.to, p.mounts[at] = first, first
		} else {
			p.first[spot.Folder] = at
		}
	}
	return spot.Link
}

// follow resolves the text of a link in dir. A loop of links resolves to its last link.
func (p *paths) follow(s *hop, dir, text string, depth int) {
	link, at := s.to, dir
	via := []string{link}
	if strings.HasPrefix(text, "/") {
		at = "/"
	}
	for name := range strings.SplitSeq(text, "/") {
		switch name {
		case "", ".":
		case "..":
			at, _ = cutPath(at)
		default:
			next := p.step(at, name, depth)
			if next.open || len(via)+len(next.via) > maxDepth {
				return
			}
			at, via = next.to, append(via, next.via...)
		}
	}
	s.to, s.via = at, via
}

// declare adds the links of a site: text by spelled path. The place of one link may depend on others, so it repeats
// until no place changes.
func (p *paths) declare(links map[string]string) {
	if len(links) == 0 {
		return
	}
	spelled := slices.Sorted(maps.Keys(links))
	for range maxDepth {
		next := make(map[string]string, len(links))
		for _, at := range spelled {
			next[p.place(at)] = links[at]
		}
		if maps.Equal(next, p.declared) {
			return
		}
		p.declared = next
		p.forget()
	}
}

// show adds, by spelled path, the declared mount points that show a folder with a path of its own.
func (p *paths) show(mounts map[string]string) {
	if len(mounts) == 0 {
		return
	}
	p.shown = make(map[string]string, len(mounts))
	points := make(map[string]string, len(mounts))
	for _, spelled := range slices.Sorted(maps.Keys(mounts)) {
		points[p.point(spelled)] = mounts[spelled]
	}
	for at, folder := range points {
		if folder != at && !strings.HasPrefix(folder, at+"/") { // the folder would contain itself
			p.shown[at] = folder
		}
	}
	p.forget()
}

// isShown reports whether a spelled path is such a mount point.
func (p *paths) isShown(spelled string) bool {
	return len(p.shown) > 0 && p.shown[p.point(spelled)] != ""
}

// isNamed reports whether the way to a spelled path ends at a thing that has that path as a name.
func (p *paths) isNamed(spelled string) bool {
	if spelled == "/" || spelled == "" {
		return true
	}
	dir, name := cutPath(spelled)
	return !p.isShown(spelled) && !p.step(p.leads(dir), name, 0).only
}

// EachFolder calls yield for every folder on the way to a physical path, the nearest first, without the root.
func EachFolder(p string, yield func(dir string)) {
	for i := strings.LastIndexByte(p, '/'); i > 0; i = strings.LastIndexByte(p[:i], '/') {
		yield(p[:i])
	}
}

func cutPath(p string) (dir, name string) {
	i := strings.LastIndexByte(p, '/')
	if i <= 0 {
		return "/", p[i+1:]
	}
	return p[:i], p[i+1:]
}

func joinPath(dir, name string) string {
	if dir == "/" {
		return "/" + name
	}
	return dir + "/" + name
}
