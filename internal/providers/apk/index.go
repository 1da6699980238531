package apk

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"

	"converge/internal/providers/packages"
	"converge/internal/version"
)

// maxIndex bounds an unpacked index: thirty times the size of Alpine's largest.
const maxIndex = 512 << 20

// errNewFormat is about an index or a package in apk 3's own format.
var errNewFormat = errors.New("it is in the format of apk 3 (ADB), which converge does not read; Alpine's own are in that of apk 2")

// parseIndex parses an APKINDEX.tar.gz: several gzip streams in a row, a signature
// and the index, which are one tar together.
func parseIndex(r io.Reader, add func(record)) error {
	in := bufio.NewReader(r)
	if head, _ := in.Peek(4); bytes.Equal(head, []byte("ADB.")) || bytes.Equal(head, []byte("ADBd")) || bytes.Equal(head, []byte("ADBc")) {
		return errNewFormat
	}
	z, err := gzip.NewReader(in)
	if err != nil {
		return err
	}
	t := tar.NewReader(io.LimitReader(z, maxIndex))
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return errors.New("there is no APKINDEX in it")
		}
		if err != nil {
			return err
		}
		if h.Name != "APKINDEX" {
			continue
		}
		data, err := io.ReadAll(t)
		if err != nil {
			return err
		}
		return parseRecords(data, add)
	}
}

// openIndex opens the fetched index of a repository; fs.ErrNotExist if there is none.
func (x *index) openIndex(r repository) (f *os.File, err error) {
	for _, file := range x.indexFiles(r) {
		if f, err = x.Tree.Open(file); err == nil || !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
	return nil, err
}

// offered is a package of an index.
type offered struct {
	record
	from repository
}

// readOffers calls add for each package that could be installed, in the order of the repositories. A repository
// without an index offers nothing: apk warns of it, and WhyStale reports it.
func (x *index) readOffers(ctx context.Context, add func(offered)) error {
	repositories, err := x.readRepositories()
	if err != nil {
		return err
	}
	arch := x.arch()
	for _, r := range repositories {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		f, err := x.openIndex(r)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = parseIndex(f, func(rec record) {
				if rec.arch == "" || rec.arch == arch || rec.arch == "noarch" || rec.arch == "all" {
					add(offered{rec, r})
				}
			})
			_ = f.Close()
		}
		if err != nil {
			return fmt.Errorf("cannot read what %s offers: %w", r, err)
		}
	}
	return nil
}

// ListOffers implements [packages.Index]. A package of a tagged repository is offered if the world names it with that
// tag, as with apk, or if a pin will. apk then prefers it to all others.
func (x *index) ListOffers(ctx context.Context, names []string) (map[string][]packages.Offer, error) {
	w, err := x.readWorld()
	if err != nil {
		return nil, err
	}
	prefer, err := x.readPins()
	if err != nil {
		return nil, err
	}
	found := map[string][]choice{}
	add := func(o offered, name string, virtual bool, provides string) {
		c, _ := w.find(name)
		if !slices.Contains(names, name) || o.from.tag != "" && o.from.tag != prefer.tagOf(name, c) {
			return
		}
		priority, _ := strconv.Atoi(o.priority)
		found[name] = append(found[name], choice{packages.Offer{
			Name: o.name, Version: o.version, Arch: o.arch, Source: o.from.String(), Virtual: virtual, Provides: provides,
		}, priority, o.from.tag != ""})
	}
	err = x.readOffers(ctx, func(o offered) {
		add(o, o.name, false, "")
		for _, p := range o.provides {
			if p.Name != o.name {
				add(o, p.Name, true, p.Version)
			}
		}
	})
	out := map[string][]packages.Offer{}
	for name, list := range found {
		slices.SortStableFunc(list, preferred)
		for _, c := range list {
			out[name] = append(out[name], c.Offer)
		}
	}
	return out, err
}

// choice is an offer with its place among those that provide a name.
type choice struct {
	packages.Offer
	priority int
	tagged   bool // it belongs to the repository from which the package should come
}

// preferred orders offers as apk does: the package itself before others that provide its name, the newest version
// first; among those that provide it the one with the highest priority.
func preferred(a, b choice) int {
	switch {
	case a.Virtual && !b.Virtual:
		return 1
	case b.Virtual && !a.Virtual:
		return -1
	case a.Virtual && a.priority != b.priority:
		return b.priority - a.priority
	case a.Virtual && a.Provides != b.Provides:
		return -version.CompareAPK(a.Provides, b.Provides)
	case a.Name != b.Name:
		return 0
	case !a.Virtual && a.tagged && !b.tagged:
		return -1
	case !a.Virtual && b.tagged && !a.tagged:
		return 1
	}
	return -version.CompareAPK(a.Version, b.Version)
}
