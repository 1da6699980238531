package engine

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"converge/internal/engine/assembly"
	"converge/internal/resource"
)

// protection knows what nothing may remove or replace: the things that resources of the site protect, and those that
// other sites protect according to the ledger.
type protection struct {
	by   map[string]string             // key of a thing → its protector, and where that is declared
	as   map[string]*resource.Resource // key of a thing → how its protector declares it, as far as that is known
	undo bool                          // earlier values are restored

	id      *assembly.Identity
	theirs  map[string]bool // keys of files that things of other sites need
	folders []protectedFolder
	in      func(folder, path string) bool // whether the thing of a folder owns the entry at a path; nil: no thing does
	there   func(path string) bool         // whether something exists at a path; nil: something may
}

// protectedFolder is a folder that belongs to a protected thing, with the entries that the thing owns in it.
type protectedFolder struct {
	path, by string
	own      bool // the site itself declares the thing
}

// Prefixes of the keys of files that a protected thing is a part of, or needs in addition; see [assembly.Files].
const (
	withinKey = "within:"
	writesKey = "writes:"
)

// newProtection collects the protected things of a run.
func newProtection(o Options) protection {
	p := protection{by: map[string]string{}, as: map[string]*resource.Resource{}, undo: o.Undo != nil, in: o.Machine.Unpacked, there: o.Machine.IsThere, id: o.Identity, theirs: map[string]bool{}}
	for key, place := range o.Protected {
		p.by[o.Identity.Key(key)], p.theirs[key] = place, strings.HasPrefix(key, writesKey)
		if path, ok := strings.CutPrefix(key, writesKey); ok && strings.HasSuffix(path, "/") {
			p.folders = append(p.folders, protectedFolder{strings.TrimSuffix(path, "/"), place, false})
		}
	}
	for key, res := range o.ProtectedAs {
		p.as[o.Identity.Key(key)] = res
	}
	for _, res := range o.Resources {
		if !res.Protect || res.Off || res.Key == "" {
			continue
		}
		by, files := DescribeProtector(res), o.Identity.FilesOf(res.Key)
		p.by[res.Key] = by
		for _, path := range files.Within {
			p.by[withinKey+path] = by
		}
		for _, path := range files.Writes {
			p.by[writesKey+path] = by
			if dir, ok := strings.CutSuffix(path, "/"); ok {
				p.folders = append(p.folders, protectedFolder{dir, by, true})
			}
		}
	}
	p.addGuarded(o)
	return p
}

// addGuarded adds the things that hold a side of a thing that resources of the site protect. A thing with its own
// protector stays as that one declares it.
func (p protection) addGuarded(o Options) {
	for _, res := range o.Resources {
		if !res.Protect || res.Off || res.Key == "" {
			continue
		}
		for _, key := range o.Identity.FilesOf(res.Key).Guards {
			if p.by[key] == "" {
				p.by[key], p.as[key] = DescribeProtector(res), res
			}
		}
	}
}

// goingBack is what a rollback may neither remove nor replace.
func (p protection) goingBack() protection {
	p.undo = true
	return p
}

// DescribeProtector names a resource that protects its thing.
func DescribeProtector(res *resource.Resource) string {
	if at := res.Place(); at != "" {
		return fmt.Sprintf("%s (%s)", res.Addr, at)
	}
	return res.Addr.String()
}

// refuse returns the error of a change of a resource that removes or replaces a protected thing: its own thing or a
// side of it, or something that it removes in addition. The resource that protects the thing may remove a side of it.
func (p protection) refuse(res *resource.Resource, c resource.Change, t taken) error {
	if len(p.by) == 0 {
		return nil
	}
	if by, ok := p.by[c.Key]; ok {
		side, other := c.Kind.Loses(c), p.departs(c)
		switch {
		case c.Action == resource.Delete:
			return fmt.Errorf("cannot remove it: it is protected by %s", by)
		case c.Action == resource.Update && c.Differs("type"):
			return fmt.Errorf("cannot replace it with another type: it is protected by %s", by)
		case side != "" && !res.Protect:
			return fmt.Errorf("cannot remove a side of it (%s): it is protected by %s", side, by)
		case other != "" && !res.Protect:
			return fmt.Errorf("cannot make it other than it is declared there (%s): it is protected by %s", other, by)
		}
	}
	if err := p.refuseAll(c); err != nil {
		return err
	}
	if path, ok := strings.CutPrefix(c.Key, assembly.PathKey); ok {
		if err := p.refuseFile(c, path); err != nil {
			return err
		}
	}
	if err := cmp.Or(p.refuseBesides(res, c), p.refuseInside(c)); err != nil {
		return err
	}
	for _, path := range t.removes {
		if err := p.refuseTaken(c, "remove "+path, path); err != nil {
			return err
		}
	}
	for _, path := range t.leaves {
		err := p.refuseTaken(c, "put "+path+" out of use", path)
		if folder, ok := strings.CutSuffix(path, "/"); ok {
			err = p.refuseMoved(c, folder)
		}
		if err != nil {
			return err
		}
	}
	return p.refuseHiding(t.hides)
}

// refuseTaken returns the error of a change that removes or moves the entry at a path, if that entry or something in
// it is protected. does describes the effect for the message.
func (p protection) refuseTaken(c resource.Change, does, path string) error {
	if by, ok := p.by[assembly.PathKey+path]; ok {
		return fmt.Errorf("cannot make the change: it would %s, which is protected by %s", does, by)
	}
	if by := cmp.Or(p.holderOf(path), p.hasInside(path, true, c)); by != "" {
		return fmt.Errorf("cannot make the change: it would %s, where there is what is protected by %s", does, by)
	}
	return nil
}

// refuseMoved returns the error of a change that moves away a folder with something protected in it.
func (p protection) refuseMoved(c resource.Change, folder string) error {
	if err := p.refuseTaken(c, "move "+folder+" away", folder); err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(p.by)) {
		for _, prefix := range []string{assembly.PathKey, withinKey, writesKey} {
			if path, ok := strings.CutPrefix(key, prefix); ok && strings.HasPrefix(path, folder+"/") {
				return fmt.Errorf("cannot make the change: it would move %s away with all of %s, and there is what is protected by %s", path, folder, p.by[key])
			}
		}
	}
	return nil
}

// refuseBesides returns the error of two changes: one of a thing with several files, if a file is protected as a thing
// of its own, and the removal of a thing that ends a protected one: a timer and its service.
func (p protection) refuseBesides(res *resource.Resource, c resource.Change) error {
	if res.Kind == nil || res.Protect || c.Empty() {
		return nil
	}
	links := res.Links()
	for _, key := range links.Guards {
		if key = p.id.Key(key); c.Action == resource.Delete && p.by[key] != "" {
			return fmt.Errorf("cannot remove it: %s would end with it, which is protected by %s", key, p.by[key])
		}
	}
	for _, key := range links.Whole {
		if key = p.id.Key(key); key != c.Key && p.by[key] != "" {
			return fmt.Errorf("cannot make the change: %s is part of it, which is protected by %s", strings.TrimPrefix(key, assembly.PathKey), p.by[key])
		}
	}
	return nil
}

// refuseInside returns the error of a change of a file that belongs to a protected thing of another site, because an
// archive put it into that thing's folder. What the site declares in a folder of its own is part of its wish.
func (p protection) refuseInside(c resource.Change) error {
	if len(p.folders) == 0 || c.Empty() {
		return nil
	}
	path, whole := strings.CutPrefix(c.Key, assembly.PathKey)
	if !whole {
		path, _, _ = resource.CutPartKey(c.Key)
	}
	if path == "" || whole && c.Action == resource.Create {
		return nil
	}
	if by := p.hasInside(path, false, c); by != "" {
		return fmt.Errorf("cannot change %s: it belongs to what is protected by %s", path, by)
	}
	return nil
}

// hasInside names the protector of a thing that owns the entry at a path in its folder; "": none. It ignores the thing
// that the change itself concerns.
func (p protection) hasInside(path string, own bool, c resource.Change) string {
	for _, f := range p.folders {
		if p.in != nil && (own || !f.own) && !p.isItself(f, c) && strings.HasPrefix(path, f.path+"/") && p.in(f.path, path) {
			return f.by
		}
	}
	return ""
}

// isItself reports whether a change concerns the thing of the folder itself. A resource of another kind at the same
// path, such as a directory that purges, concerns the entries of the thing there.
func (p protection) isItself(f protectedFolder, c resource.Change) bool {
	if c.Key != assembly.PathKey+f.path {
		return false
	}
	theirs := p.as[c.Key]
	return f.own || theirs == nil || c.Kind == nil || theirs.Kind.Name == c.Kind.Name
}

// has reports whether the entry at a path, or something in it, is protected.
func (p protection) has(key string) bool {
	path, ok := strings.CutPrefix(key, assembly.PathKey)
	return p.by[key] != "" || ok && cmp.Or(p.holderOf(path), p.hasInside(path, true, resource.Change{})) != ""
}

// departs names the attribute that a change makes differ from the declaration of the thing's protector; "": none, or
// not known. A rollback restores an earlier value even so.
func (p protection) departs(c resource.Change) string {
	theirs := p.as[c.Key]
	if theirs == nil || p.undo {
		return ""
	}
	return theirs.Kind.Departs(c, theirs.Want)
}

// refuseAll returns the error of the removal of all things of a sort, such as all swap space, if one of them is
// protected.
func (p protection) refuseAll(c resource.Change) error {
	sort, all := strings.CutSuffix(c.Key, ":*")
	if !all || c.Action != resource.Delete {
		return nil
	}
	for _, key := range slices.Sorted(maps.Keys(p.by)) {
		if strings.HasPrefix(key, sort+":") && key != c.Key {
			return fmt.Errorf("cannot remove all of them: %s is protected by %s", key, p.by[key])
		}
	}
	return nil
}

// refuseFile returns the error of a change of a whole file with something protected in it: its removal, another type,
// or a content without the protected part.
func (p protection) refuseFile(c resource.Change, path string) error {
	switch by := p.holderOf(path); {
	case by == "":
	case c.Action == resource.Delete:
		return fmt.Errorf("cannot remove it: there is something in it that is protected by %s", by)
	case c.Action == resource.Update && c.Differs("type"):
		return fmt.Errorf("cannot replace it with another type: there is something in it that is protected by %s", by)
	case c.Action == resource.Update && c.Kind != nil && c.Differs(c.Kind.ContentAttr) && (p.by[withinKey+path] != "" || p.theirs[writesKey+path]):
		return fmt.Errorf("cannot replace its whole content: a part of it is protected by %s", by)
	}
	return nil
}

// holderOf names the protector of a thing that is in a file, or needs it; "": there is none.
func (p protection) holderOf(path string) string {
	if by := cmp.Or(p.by[withinKey+path], p.by[writesKey+path]); by != "" {
		return by
	}
	return p.by[writesKey+path+"/"]
}
