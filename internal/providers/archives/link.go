package archives

import (
	"fmt"
	"path"
	"slices"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// links finds and switches the links to versions.
type links struct {
	*shelf
	records records
}

// versionLink is a link to a version of an archive.
type versionLink struct{ path, text string }

// readLink returns the text of the link to the current version; "" if it does not exist.
func (l *links) readLink(w resources.ArchiveWant) (string, error) {
	if !w.Link.Set {
		return "", nil
	}
	link := w.Link.Value.Bytes()
	info, there, err := l.lookAt(link)
	switch {
	case err != nil || !there:
		return "", err
	case info.Type != fsys.Symlink:
		return "", fmt.Errorf("cannot make the link %s: it is %s; remove it, or name another link", quote(link), info.Type)
	}
	return l.fs.Readlink(link)
}

// findLinks finds the links that runs have made to versions of an archive: the wanted one, and those at other paths,
// which an earlier manifest named. It ignores a link that leads elsewhere by now.
func (l *links) findLinks(w resources.ArchiveWant, lists []header) (current *versionLink, old []versionLink, err error) {
	at := l.physical(w.Path.Bytes())
	wanted := l.physical(w.Link.Value.Bytes())
	seen := map[string]bool{}
	named := []resource.Text{w.Link.Value}
	for _, h := range lists {
		named = append(named, resource.Text(h.Link))
	}
	for _, link := range named {
		p := link.Bytes()
		if link == "" || seen[l.physical(p)] {
			continue
		}
		seen[l.physical(p)] = true
		info, there, err := l.lookAt(p)
		if err != nil {
			return nil, nil, err
		}
		if !there || info.Type != fsys.Symlink {
			continue
		}
		text, err := l.fs.Readlink(p)
		if err != nil {
			return nil, nil, err
		}
		switch {
		case path.Dir(path.Clean(text)) != at:
		case l.physical(p) == wanted:
			current = &versionLink{p, text}
		default:
			old = append(old, versionLink{p, text})
		}
	}
	return current, old, nil
}

// findOldLinks finds the links that the wanted link takes the place of.
func (l *links) findOldLinks(w resources.ArchiveWant) ([]versionLink, error) {
	lists, err := l.records.readHeaders(l.key(w))
	if err != nil {
		return nil, err
	}
	_, old, err := l.findLinks(w, lists)
	return old, err
}

// readCurrent returns the version that the link leads to; "": to none.
func (l *links) readCurrent(w resources.ArchiveWant) (string, error) {
	text, err := l.readLink(w)
	if err != nil {
		return "", err
	}
	old, err := l.findOldLinks(w)
	if err != nil {
		return "", err
	}
	if len(old) > 0 {
		text = old[0].text
	}
	return l.currentVersion(l.physical(w.Path.Bytes()), text)
}

// currentVersion returns the version that the text of the link leads to; "": to none.
func (l *links) currentVersion(above, text string) (string, error) {
	if text == "" || path.Dir(path.Clean(text)) != above {
		return "", nil
	}
	_, there, err := l.lookAtTree(path.Clean(text))
	if err != nil || !there {
		return "", err
	}
	return path.Base(text), nil
}

// linksOf joins the current link and the old ones.
func linksOf(current *versionLink, old []versionLink) []versionLink {
	if current == nil {
		return old
	}
	return slices.Concat([]versionLink{*current}, old)
}
