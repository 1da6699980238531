package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// annotator writes the notes of a plan: what a change replaces, and what people should know of it.
type annotator struct{ *base }

// noteChange returns the notes of a change.
func (a annotator) noteChange(ctx context.Context, c *change, f forecast) []string {
	if ctx.Err() != nil {
		return nil
	}
	if c.Action == resource.Create {
		return a.noteNew(ctx, c, f)
	}
	switch c.request.Type {
	case resources.TypeDirectory:
		return a.noteBelow(ctx, c)
	case resources.TypeFile:
		return a.noteFile(ctx, c)
	case resources.TypeLink:
		if info, err := a.held.Lstat(c.request.path); err == nil && info.Type != fsys.Symlink {
			return []string{"replaces what is there: " + info.Type.String()}
		}
	}
	return nil
}

// noteNew warns that a new file or directory grants more than the default access
// list of its folder would, and that a directory will be on a file system where
// nothing can be managed.
func (a annotator) noteNew(ctx context.Context, c *change, f forecast) []string {
	r := &c.request
	if !r.isDirectory() && !r.isFile() {
		return nil
	}
	out := a.noteWay(f.way[c.realPath()])
	if owner, set := a.access.resolveOwner(ctx, &r.Permissions); r.isDirectory() && set {
		if err := a.access.nameUsers(a.held.MayHold(r.path, owner)); errors.Is(err, fsys.ErrUnsafe) {
			out = append(out, err.Error())
		}
	}
	limit := f.parents.lookAbove(a.held, r.path).limit
	if limit == 0o777 {
		return out
	}
	mode, err := resolveMode(&r.Permissions, c.defaultMode(r.isDirectory()), r.isDirectory())
	if err != nil || mode&0o777&^limit == 0 {
		return out
	}
	return append(out, fmt.Sprintf("grants more (%s) than the default access list of its folder (%s)", resources.FormatMode(mode), resources.FormatMode(limit)))
}

// noteWay names the folders that are made on the way to one, which no resource
// declares.
func (a annotator) noteWay(way []string) []string {
	var made []string
	for _, dir := range way {
		if _, err := a.held.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			made = append(made, strconv.Quote(dir))
		}
	}
	if len(made) == 0 {
		return nil
	}
	slices.Reverse(made)
	return []string{"makes on the way, and leaves when it goes: " + strings.Join(made, ", ")}
}

// noteFile returns the notes of a change of something that exists into a file, or
// of its removal.
func (a annotator) noteFile(ctx context.Context, c *change) []string {
	at, err := locateFile(a.held, &c.request, a.held.Look)
	if err != nil || at.gone {
		return nil
	}
	if at.info.Type == fsys.Symlink {
		text, err := a.held.Readlink(at.path)
		if err != nil {
			return nil
		}
		return []string{fmt.Sprintf("replaces a symbolic link to %q", text)}
	}
	if at.info.Type != fsys.Regular {
		return []string{"replaces what is there: " + at.info.Type.String()}
	}
	var out []string
	if c.Action != resource.Delete {
		out = a.noteGrants(ctx, c, at)
		if !c.Differs("content") {
			return out
		}
	}
	return append(out, a.noteContent(c, at)...)
}

// noteContent returns the notes of a change that replaces or removes a content.
func (a annotator) noteContent(c *change, at location) []string {
	writes := c.Action != resource.Delete
	var out []string
	if note := a.noteEdit(c, at); note != "" {
		out = append(out, note)
	}
	if writes && c.isSecret() && at.info.Mode&0o044 != 0 && !c.request.Mode.Set {
		out = append(out, fmt.Sprintf("its content is sensitive, and others may read it (mode %s): set mode", resources.FormatMode(at.info.Mode)))
	}
	if writes && at.info.Mount {
		out = append(out, "it is a mount point: written in place, which is not atomic")
	}
	if writes && a.held.HasCapabilities(at.path, at.info) {
		out = append(out, "its capabilities go with the old content")
	}
	if at.info.Links > 1 {
		out = append(out, fmt.Sprintf("it has %d names (hard links): the others keep the old content", at.info.Links))
	}
	return out
}

func (a annotator) noteEdit(c *change, at location) string {
	edited, err := a.edits.isEdited(c.request.path, a.contents.readBlob(at))
	switch {
	case err != nil || !edited:
		return ""
	case c.Action != resource.Delete && c.request.OnEdit.Value == "keep":
		return "edited since converge wrote it: left as it is, ours goes to " + at.path + resources.ParkedSuffix
	}
	return "edited since converge wrote it: the edited content is kept in the state folder"
}
