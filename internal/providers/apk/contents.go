package apk

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"

	"converge/internal/providers/packages"
)

// contents caches the contents of all packages until the database changes: it is one file, and a plan asks about each
// package that is purged, and about all others.
type contents struct {
	mu    sync.Mutex
	stamp string
	of    map[string]packages.Contents // by name
}

// ListContents implements [packages.Files]. The files below /etc are configuration, as apk protects them unless it is
// configured otherwise (apk-protected_paths(5)).
func (d *database) ListContents(ctx context.Context, ps ...packages.Package) (packages.Contents, error) {
	of, err := d.readContents(ctx)
	if err != nil {
		return packages.Contents{}, fmt.Errorf("cannot tell what packages consist of: %w", err)
	}
	var c packages.Contents
	for _, p := range ps {
		c.Paths = append(c.Paths, of[p.Name].Paths...)
		c.Config = append(c.Config, of[p.Name].Config...)
	}
	return c, nil
}

func (d *database) readContents(ctx context.Context) (map[string]packages.Contents, error) {
	d.contents.mu.Lock()
	defer d.contents.mu.Unlock()
	stamp, err := d.Stamp(ctx)
	if err != nil || d.contents.of != nil && d.contents.stamp == stamp {
		return d.contents.of, err
	}
	file, err := d.databaseFile()
	if err != nil {
		return nil, err
	}
	data, err := d.Tree.ReadFile(file, maxDatabase)
	if err != nil {
		return nil, err
	}
	d.contents.stamp, d.contents.of = stamp, parseContents(data)
	return d.contents.of, nil
}

// parseContents finds the files of packages in the database: "F:FOLDER", followed by
// "R:FILE" for each file in it.
func parseContents(data []byte) map[string]packages.Contents {
	of := map[string]packages.Contents{}
	name, dir := "", ""
	var c packages.Contents
	flush := func() {
		if name != "" {
			of[name] = c
		}
		name, dir, c = "", "", packages.Contents{}
	}
	for line := range bytes.Lines(data) {
		text := strings.TrimRight(string(line), "\r\n")
		switch field, value, _ := strings.Cut(text, ":"); field {
		case "":
			flush()
		case "P":
			name = value
		case "F":
			if dir = value; dir != "" {
				c.Paths = append(c.Paths, "/"+dir)
			}
		case "R":
			path := "/" + strings.TrimPrefix(dir+"/"+value, "/")
			c.Paths = append(c.Paths, path)
			if strings.HasPrefix(path, "/etc/") {
				c.Config = append(c.Config, path)
			}
		}
	}
	flush()
	return of
}
