package files

import (
	"fmt"
	"strconv"
	"strings"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// HasReplaced reports whether converge has put something other than a directory at the path of a key, according to the
// ledger.
func HasReplaced(l Ledger, key string) bool {
	if _, known := l.Wrote(key, ""); !known {
		return false
	}
	digest, err := resources.MarkOfFolder().Digest()
	if err != nil {
		return false
	}
	same, _ := l.Wrote(key, digest)
	return !same
}

// refuseOwnLink refuses to manage a directory behind a link in its place, if converge has put something other than a
// directory there itself: the declared contents would mix with those of the link's target.
func (e *edits) refuseOwnLink(path string) error {
	if e.ledger == nil || !HasReplaced(e.ledger, "path:"+resource.EncodeBytes(path)) {
		return nil
	}
	text, err := e.held.Readlink(path)
	if err != nil {
		return err
	}
	return resource.Replaced(fmt.Errorf("cannot manage directory %q: it is a symbolic link to %q, and converge has made no directory there; %s", path, text, removeIt))
}

// refuseFolder refuses to replace a directory by a link, and names its contents.
func (b *base) refuseFolder(path string, info fsys.Info) error {
	names, err := b.fs.Names(path)
	if err != nil || len(names) == 0 {
		return obstructed(path, info, "link", removeIt)
	}
	return obstructed(path, info, "link", "it holds "+quoteSome(names)+"; "+removeIt)
}

// quoteSome names some of many paths, and counts the rest.
func quoteSome(paths []string) string {
	const most = 3
	var out []string
	for _, p := range paths[:min(most, len(paths))] {
		out = append(out, strconv.Quote(resource.EncodeBytes(p)))
	}
	if len(paths) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(out, ", "), len(paths)-most)
	}
	return strings.Join(out, ", ")
}
