package stow

import (
	"context"
	"path"
	"strings"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/stow/control"
	"converge/resources"
)

// ListShown lists, for packages by their ledger keys, the folders that they are in and that
// their stow directories have for all, and the links in their targets that lead to the packages. It leaves out what cannot be read: the package
// itself reports that when it is observed.
func (p *Provider) ListShown(ctx context.Context, keys []string) (folders, links []string) {
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
		folders = append(append(folders, resource.EncodeBytes(dir)), p.listOwn(at.stow)...)
		versions, unread := p.fs.Names(dir)
		if err != nil || unread != nil {
			continue
		}
		for _, version := range versions {
			links = p.addShown(links, dir, dir+"/"+version, p.resolveDir(at.target))
		}
	}
	return folders, links
}

// listOwn lists what a stow directory holds for all its packages: ":target", ":views".
func (p *Provider) listOwn(stowDir string) (out []string) {
	names, _ := p.fs.Names(stowDir) // without that folder there is nothing
	for _, name := range names {
		if strings.HasPrefix(name, ":") {
			out = append(out, resource.EncodeBytes(stowDir+"/"+name))
		}
	}
	return out
}

// addShown adds the links below a target that show what is below a folder of a package; dir
// is that of the package.
func (p *Provider) addShown(out []string, dir, folder, target string) []string {
	names, _ := p.fs.Names(folder) // a file has none
	for _, name := range names {
		at := path.Join(target, name)
		info, err := p.fs.Lstat(at)
		switch {
		case err != nil:
		case info.Type == fsys.Directory:
			out = p.addShown(out, dir, folder+"/"+name, at)
		case info.Type == fsys.Symlink:
			text, err := p.fs.Readlink(at)
			if !path.IsAbs(text) {
				text = path.Join(path.Dir(at), text)
			}
			if err == nil && strings.HasPrefix(path.Clean(text), dir+"/") {
				out = append(out, resource.EncodeBytes(at))
			}
		}
	}
	return out
}
