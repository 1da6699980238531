package archives

import (
	"errors"
	"fmt"

	"converge/internal/fsys"
)

// exchange swaps two names of a folder. On a file system that cannot do so atomically, the path is missing for a
// moment.
func exchange(dir *fsys.Dir, a, b string) error {
	err := dir.Exchange(a, dir, b)
	if !fsys.Unsupported(err) {
		return err
	}
	between := a + "+"
	if err := dir.RenameNew(b, dir, between); err != nil {
		return err
	}
	if err := dir.RenameNew(a, dir, b); err != nil {
		return errors.Join(err, dir.RenameNew(between, dir, b))
	}
	return dir.RenameNew(between, dir, a)
}

// refuseMounted refuses to exchange a tree that contains a mount point, which would move with the old tree.
func refuseMounted(t *tree) error {
	switch {
	case t.mounted == "":
		return nil
	case t.mounted == t.at:
		return fmt.Errorf("cannot replace %s: it is a mount point; name a folder below it", quote(t.at))
	}
	return fmt.Errorf("cannot replace %s: something is mounted at %s", quote(t.at), quote(t.mounted))
}

func refuseExtras(t *tree, extra []string) error {
	if len(extra) == 0 {
		return nil
	}
	return fmt.Errorf("cannot replace %s: converge did not unpack what is there, and it holds %s not in the archive (%s); name a folder of its own, or set force = true",
		quote(t.at), count(len(extra), "path")+plural(len(extra), " that is", " that are"), nameSome(extra))
}
