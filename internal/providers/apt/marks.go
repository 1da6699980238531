package apt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/resources"
)

// marksFile says which packages nobody asked for by name.
const marksFile = "/var/lib/apt/extended_states"

// automatic are the packages that are marked as installed automatically, by
// the names that the database has for them.
func (p *Provider) automatic(db *database) (map[string]bool, error) {
	data, err := p.tree.read(marksFile, maxStatus)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot tell which packages were asked for: %w", err)
	}
	out := map[string]bool{}
	for stanza := range strings.SplitSeq(string(data), "\n\n") {
		var name, arch, auto string
		for line := range strings.Lines(stanza) {
			field, v, _ := strings.Cut(strings.TrimSpace(line), ": ")
			switch field {
			case "Package":
				name = v
			case "Architecture":
				arch = v
			case "Auto-Installed":
				auto = v
			}
		}
		if auto == "1" {
			out[db.key(pkg{name: name, arch: arch})] = true
		}
	}
	return out, nil
}

// Past implements [resources.Historian]: whether somebody asked for a package
// by name is forgotten once a resource does.
func (p *Provider) Past(_ context.Context, c resources.Change) (cty.Value, error) {
	db, err := p.database()
	if err != nil {
		return cty.NilVal, err
	}
	auto, err := p.automatic(db)
	if err != nil {
		return cty.NilVal, err
	}
	have, _ := db.get(resources.StringAttr(c.Want, "name"))
	if !auto[db.key(have)] {
		return c.Have, nil
	}
	return resources.With(c.Have, "mark", cty.StringVal("auto")), nil
}

// unasked names the packages of the transaction that are to be marked as
// installed automatically: to name one to apt-get says that somebody wants it
// for its own sake.
func (j *job) unasked() []string {
	auto, err := j.p.automatic(j.db)
	if err != nil {
		return nil // then they count as asked for, which removes nothing
	}
	out := slices.Clone(j.extra)
	for _, it := range j.items {
		mark := resources.StringAttr(it.change.Want, "mark")
		if it.err == nil && !it.removes && (mark == "auto" || mark == "keep" && auto[it.name]) {
			out = append(out, it.name)
		}
	}
	return out
}
