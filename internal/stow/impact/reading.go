package impact

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"converge/internal/stow/abi"
	"converge/internal/stow/control"
)

// reading is one pass over a stow directory, which reads no image twice.
type reading struct {
	*Assessor
	known map[[2]string]abi.Facts // of images
}

// readOffer returns the libraries of a version: from its control data, if that is
// complete. A deleted version without a record has nothing to compare.
func (r *reading) readOffer(ctx context.Context, foo, version string) (abi.Facts, error) {
	if version == "" {
		return abi.Facts{}, nil
	}
	recorded, ok, err := r.readRecorded(ctx, foo, version, abi.FieldNames())
	if err != nil {
		return abi.Facts{}, err
	}
	brief := slices.ContainsFunc(recorded.Libraries, func(l abi.Library) bool { return l.Symbols == nil })
	if ok && !brief {
		return recorded, nil
	}
	f, err := r.readImage(ctx, foo, version)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !hasAllLibraries(f, recorded) {
		return recorded, nil // a developer has recorded libraries that the image does not show
	}
	return f, err
}

// hasAllLibraries reports whether an image contains all recorded libraries.
func hasAllLibraries(image, recorded abi.Facts) bool {
	return !slices.ContainsFunc(recorded.Libraries, func(l abi.Library) bool {
		return !slices.ContainsFunc(image.Libraries, func(o abi.Library) bool { return o.Soname == l.Soname && o.Arch == l.Arch })
	})
}

// readNeeds returns the links of a version; if it links to none of the offered libraries, only enough to show that.
func (r *reading) readNeeds(ctx context.Context, foo, version string, offer abi.Facts) (abi.Facts, error) {
	links := []string{abi.FieldMachine, abi.FieldProvides, abi.FieldLinks, abi.FieldPaths}
	f, ok, err := r.readRecorded(ctx, foo, version, links)
	switch {
	case err != nil:
		return f, err
	case !ok:
		return r.readImage(ctx, foo, version)
	case !linksToAny(f, offer):
		return f, nil
	}
	f, _, err = r.readRecorded(ctx, foo, version, abi.FieldNames())
	return f, err
}

// linksToAny reports whether facts have a link to a library of others.
func linksToAny(f, offer abi.Facts) bool {
	return slices.ContainsFunc(f.Links, func(l abi.Link) bool {
		return slices.ContainsFunc(offer.Libraries, func(lib abi.Library) bool { return lib.Soname == l.Soname && lib.Arch == l.Arch })
	})
}

// readRecorded reads fields of control data. ok reports whether they describe libraries: if there is any such field, or
// if the program that would have written them found none.
func (r *reading) readRecorded(ctx context.Context, foo, version string, fields []string) (f abi.Facts, ok bool, err error) {
	found, err := r.Store.Find(ctx, foo, version, control.Manager)
	if err != nil {
		if err := r.passUnreadable(ctx, err); err != nil {
			return f, false, err
		}
		return f, false, nil // the image shows it
	}
	if found == nil {
		return f, false, nil
	}
	ok = !found.Default && len(found.Generated.Fields) > 0
	for _, name := range abi.FieldNames() {
		ok = ok || found.Value(name) != ""
	}
	f, err = abi.ParseFields(func(name string) string {
		if !slices.Contains(fields, name) {
			return ""
		}
		return found.Value(name)
	})
	if err != nil {
		r.Notice(fmt.Errorf("%s: %w", found.Path, err))
		return abi.Facts{}, false, nil
	}
	return f, ok, nil
}

// readImage reads an image.
func (r *reading) readImage(ctx context.Context, foo, version string) (abi.Facts, error) {
	key := [2]string{foo, version}
	if f, ok := r.known[key]; ok {
		return f, nil
	}
	f, damaged, err := abi.Read(ctx, r.Store.Disk.HostPath(r.versionDir(foo, version)))
	if err != nil {
		return abi.Facts{}, fmt.Errorf("cannot tell what %s/%s links to: %w", foo, version, err)
	}
	for _, d := range damaged {
		r.Notice(fmt.Errorf("%s/%s: %w", foo, version, d))
	}
	r.known[key] = f
	return f, nil
}
