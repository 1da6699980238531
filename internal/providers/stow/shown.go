package stow

import (
	"context"
	"path"
	"slices"
	"strings"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/stow/control"
	"converge/resources"
)

// ListShown returns, for packages by their ledger keys, their folders, the entries that their stow directories share
// among all packages, and the links in their targets that lead to the packages. It skips what it cannot read: the
// observation of the package reports that.
func (p *Provider) ListShown(ctx context.Context, keys []string) (folders, links []string) {
	for _, s := range p.listShown(ctx, keys) {
		folders, links = append(append(folders, resource.EncodeBytes(s.folder)), s.own...), append(links, s.links...)
	}
	return folders, links
}

// ListServed returns, for packages by their ledger keys, the folders of the versions to which links in their targets
// lead, and these links.
func (p *Provider) ListServed(ctx context.Context, keys []string) (versions, links []string) {
	for _, s := range p.listShown(ctx, keys) {
		versions, links = append(versions, s.versions...), append(links, s.links...)
	}
	slices.Sort(versions)
	return slices.Compact(versions), links
}

// Takes returns, sorted, those of the asked links that a change removes together with a package.
func (p *Provider) Takes(ctx context.Context, c resource.Change, asked func(path string) bool) ([]string, error) {
	_, links := p.ListServed(ctx, []string{c.Key})
	links = slices.DeleteFunc(links, func(l string) bool { return !asked(l) })
	slices.Sort(links)
	return links, ctx.Err()
}

// shown holds the folders and links of a package. All paths except its folder are encoded.
type shown struct {
	folder   string
	own      []string // entries of the stow directory for all its packages
	links    []string // links in the target that lead to the package
	versions []string // folders of the versions to which the links lead
}

// listShown finds the folders and links of packages, as far as they are readable.
func (p *Provider) listShown(ctx context.Context, keys []string) (out []shown) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, key := range keys {
		name, stowDir, target, ok := resources.ParseStowKey(key)
		at, err := p.locate(ctx, request{name: name, location: location{resource.DecodeBytes(stowDir), resource.DecodeBytes(target)}})
		if !ok || err != nil {
			continue
		}
		at.stow = p.resolveDir(at.stow)
		if at.target == "" {
			at.target, err = control.Store{Disk: control.OnDisk(p.fs), Dir: at.stow}.Target(ctx)
		}
		dir := path.Join(at.stow, name)
		s := shown{folder: dir, own: p.listOwn(at.stow)}
		if versions, unread := p.fs.Names(dir); err == nil && unread == nil {
			for _, version := range versions {
				p.addShown(&s, dir+"/"+version, p.resolveDir(at.target))
			}
		}
		out = append(out, s)
	}
	return out
}

// listOwn lists the entries of a stow directory that serve all its packages: ":target", ":views".
func (p *Provider) listOwn(stowDir string) (out []string) {
	names, _ := p.fs.Names(stowDir) // a missing folder has no entries
	for _, name := range names {
		if strings.HasPrefix(name, ":") {
			out = append(out, resource.EncodeBytes(stowDir+"/"+name))
		}
	}
	return out
}

// addShown adds the links below a target that lead to the package's entries below a folder.
func (p *Provider) addShown(s *shown, folder, target string) {
	names, _ := p.fs.Names(folder) // a file has no entries
	for _, name := range names {
		at := path.Join(target, name)
		info, err := p.fs.Lstat(at)
		switch {
		case err != nil:
		case info.Type == fsys.Directory:
			p.addShown(s, folder+"/"+name, at)
		case info.Type == fsys.Symlink:
			text, err := p.fs.Readlink(at)
			if !path.IsAbs(text) {
				text = path.Join(path.Dir(at), text)
			}
			rel, own := strings.CutPrefix(path.Clean(text), s.folder+"/")
			if err != nil || !own {
				continue
			}
			version, _, _ := strings.Cut(rel, "/")
			s.links, s.versions = append(s.links, resource.EncodeBytes(at)), append(s.versions, resource.EncodeBytes(s.folder+"/"+version))
		}
	}
}
