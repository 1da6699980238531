package files

import (
	"context"
	"errors"
	"io/fs"

	"github.com/zclconf/go-cty/cty"
	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// observer reads the existing entry of a request.
type observer struct{ *base }

// observe returns the observed value; the wanted one itself if nothing differs.
func (o observer) observe(ctx context.Context, r *request) (cty.Value, error) {
	switch r.Type {
	case resources.TypeFile:
		return o.observeFile(ctx, r)
	case resources.TypeDirectory:
		return o.observeDirectory(ctx, r)
	case resources.TypeLink:
		return o.observeLink(ctx, r)
	}
	return cty.NilVal, errors.New("internal error: the wanted value has no type")
}

func (o observer) observeFile(ctx context.Context, r *request) (cty.Value, error) {
	at, err := locateFile(o.held, r, o.held.Lstat)
	if err == nil {
		err = at.refuseOtherType(r)
	}
	if err == nil && at.isRegular() && (r.IsAbsent() || r.Content != nil) {
		err = o.held.MayRead(at.path, at.info)
	}
	switch {
	case err != nil:
		return cty.NilVal, err
	case at.gone:
		return resource.Absent, nil
	case r.IsAbsent():
		return resource.Encode(presentEntry(resources.TypeFile)), nil
	case at.info.Type != fsys.Regular: // by force
		return resource.Encode(presentEntry(typeName(at.info.Type))), nil
	}
	isSame, err := o.access.isSame(ctx, &r.Permissions, at.info)
	if err != nil {
		return cty.NilVal, err
	}
	if isSame {
		if isSame, err = isSameXattrs(o.held, &r.Permissions, at.path); err != nil {
			return cty.NilVal, err
		}
	}
	if r.Content == nil || r.Initial.Value {
		if isSame {
			return r.value, nil
		}
		return o.describeFile(ctx, r, at, r.Content)
	}
	return o.observeContent(ctx, r, at, isSame)
}

// observeContent observes a file whose content is managed. permissions means that mode, owner and extended attributes
// are as wanted.
func (o observer) observeContent(ctx context.Context, r *request, at location, permissions bool) (cty.Value, error) {
	same, err := o.contents.isSame(at, r.Content)
	switch {
	case err != nil:
		return cty.NilVal, err
	case same && permissions:
		return r.value, nil
	case same:
		return o.describeFile(ctx, r, at, r.Content)
	}
	live, err := o.edits.observedContent(r, at)
	if err != nil {
		return cty.NilVal, err
	}
	return o.describeFile(ctx, r, at, live)
}

// describeFile returns the observed value of a file that differs somewhere.
func (o observer) describeFile(ctx context.Context, r *request, at location, content *resource.Blob) (cty.Value, error) {
	out := presentEntry(resources.TypeFile)
	out.Path, out.Content = r.Path, content
	var err error
	if out.Permissions, err = o.access.describe(ctx, &r.Permissions, at.info); err != nil {
		return cty.NilVal, err
	}
	if r.Xattrs.Set {
		same, err := isSameXattrs(o.held, &r.Permissions, at.path)
		if err != nil {
			return cty.NilVal, err
		}
		if same {
			out.Xattrs = r.Xattrs
		}
	}
	return resource.Encode(out), nil
}

func (o observer) observeLink(ctx context.Context, r *request) (cty.Value, error) {
	info, err := o.held.Lstat(r.path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENOTDIR) && r.IsAbsent():
		return resource.Absent, nil
	case err != nil:
		return cty.NilVal, err
	case info.Type == fsys.Symlink:
	case info.Type == fsys.Directory:
		return cty.NilVal, o.refuseFolder(r.path, info)
	case r.IsAbsent():
		return cty.NilVal, obstructed(r.path, info, "link", "it is left alone")
	case !r.Force.Value:
		return cty.NilVal, obstructed(r.path, info, "link", forceIt)
	default:
		return resource.Encode(presentEntry(typeName(info.Type))), nil
	}
	out := presentEntry(resources.TypeLink)
	if r.IsAbsent() {
		return resource.Encode(out), nil
	}
	text, err := o.held.Readlink(r.path)
	if err != nil {
		return cty.NilVal, err
	}
	same, err := o.access.isSame(ctx, &r.Permissions, info)
	if err != nil {
		return cty.NilVal, err
	}
	if same && text == r.Target.Bytes() {
		return r.value, nil
	}
	out.Path, out.Target = r.Path, encodePath(text)
	if r.Owner.Set || r.Group.Set {
		if out.Permissions, err = o.access.describe(ctx, &r.Permissions, info); err != nil {
			return cty.NilVal, err
		}
		out.Mode = r.Mode
	}
	return resource.Encode(out), nil
}
