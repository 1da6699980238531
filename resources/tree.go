package resources

import (
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// treeDoc documents the kind tree.
const treeDoc = "A folder of files beside the manifest, copied below a path: a file, a directory or a link for each entry. Each is a " +
	"resource of its own, with the address `tree.NAME[\"sub/file\"]` and the folder itself as `tree.NAME[\".\"]`; so a plan lists them " +
	"one by one, and a `file` for one of the paths is an error with both places. A file has mode 0755 if its owner can execute the " +
	"source, else 0644. Links keep their text; a relative link that leads out of the folder is refused, and so are devices, pipes and " +
	"sockets. A file that is no longer in the source is no longer declared: `--prune` removes it, and `purge` removes what was never " +
	"declared, too. Where a link of the source becomes a folder, or a folder a link, remove what is on the host yourself first: a plan says so, and nothing is changed there until then, also with `purge`. A link that others have put in the place of a folder is followed.\n\nThe source is listed when the manifest is evaluated. It is for folders of some thousand small files; an `archive` " +
	"is for more. A tree has no `verify`: files that a program has to check first are a `file` with `for_each = fileset(…)`. With `for_each`, the key of the element comes before the path: `tree.NAME[\"eu/sub/file\"]`." + "\n\n" +
	inTreeDoc

// TreeWant is the struct of the kind tree. A declared one is the whole tree; a wanted one is one entry of it.
type TreeWant struct {
	Place
	Source  resource.Opt[string]   `attr:"source"`
	Exclude resource.Opt[[]string] `attr:"exclude"`
	Permissions
	Contents
	Target     resource.Text          `attr:"target"`
	Purge      resource.Opt[bool]     `attr:"purge"`
	Undeclared resource.Opt[[]string] `attr:"undeclared"`
	Force      resource.Opt[bool]     `attr:"force"`
	Copied     resource.Opt[bool]     `attr:"copied"`
}

// Tree is the kind of a folder of files. A provider of nil serves documentation and
// validation.
func Tree(p resource.Provider) *resource.Kind {
	attrs := []resource.Attr{
		{Name: "type", Computed: true, Doc: "The type of the entry at the path: `file`, `directory` or `link`."},
		pathAttr("The absolute path of the folder that the tree is copied to; of one of its resources, the path of that. A label that starts with `/` is the path."),
		{Name: "source", Option: true, Wording: true, Doc: "The folder to copy, relative to the manifest's folder. Required."},
		{
			Name: "exclude", Option: true, Wording: true,
			Doc: "Patterns of what is left out: a pattern without a slash is compared with each name (`\"*.bak\"`, `\".git\"`), one with a slash with the path in the folder " +
				"(`\"doc/**/*.txt\"`; `**` stands for any number of folders). A folder is left out with all that is in it.",
		},
		{Name: "content", Computed: true, Doc: "The content of a file of the tree."},
		{Name: "target", Computed: true, Doc: "The text of a link of the tree."},
		{Name: "purge", Option: true, Doc: "Remove everything in the folder, at any depth, that is not declared; the plan lists all of it."},
		{Name: "undeclared", Computed: true, Doc: "With `purge`: the paths below that are not declared."},
		{Name: "force", Option: true, Doc: "Replace a link where a file belongs, or a file where a link belongs, or anything else except a directory."},
		{Name: "copied", Computed: true, Internal: true, Option: true, Doc: "It is a file of a tree, so that what is said of one names the attributes of a tree."},
	}
	perms := permAttrs("file or directory")
	for i := range perms {
		switch a := &perms[i]; a.Name {
		case "ensure":
			a.Computed = true
		case "mode":
			a.Doc = "The mode of directories, files and programs, as for a program: a file whose source cannot be executed gets it without the execute bits. " +
				"Unset: 0755, and 0644 for such files; an existing directory keeps its mode."
		}
	}
	return &resource.Kind{
		Name: "tree", Doc: treeDoc,
		Example: "tree \"/etc/nagios/conf.d\" {\n  source  = \".\"\n  exclude = [\"*.hcl\", \".git\"]\n  group   = \"root\"\n}\n",
		Label:   "path",
		Attrs:   resource.Typing[TreeWant](slices.Concat(attrs, perms, contentAttrs())),
		Prepare: resource.Preparing(prepareTree),
		Expand:  resource.Expanding(expandTree),
		Moves: func(c resource.Change) bool {
			return resource.Must[Entry](c.Want).Type == TypeLink || movesPackages(c)
		},
		Inert: true,
		Links: resource.Reading(pathLinks), Revert: resource.Reverting(revertFile), Leaves: leftOfPath, Provider: p,
		ContentAttr: "content", KeepsEdit: keepsEdit, Mark: markOfEntry,
	}
}

// markedEntry are the attributes by which a link or a folder of a tree is recognised.
type markedEntry struct {
	Type   string        `attr:"type"`
	Target resource.Text `attr:"target"`
}

// markOfEntry is the mark by which a link or a folder of a tree is recognised: prune leaves alone what has replaced
// it.
func markOfEntry(v cty.Value) *resource.Blob {
	switch t := resource.Part[markedEntry](v); {
	case t.Type == TypeLink && t.Target != "":
		return markOfLink(t.Target)
	case t.Type == TypeDirectory:
		return MarkOfFolder()
	}
	return nil
}

func markOfLink(target resource.Text) *resource.Blob {
	return resource.BytesBlob([]byte("link to " + string(target)))
}

// MarkOfFolder is the mark of a folder of a tree.
func MarkOfFolder() *resource.Blob { return resource.BytesBlob([]byte("folder")) }

// expandTree lists the source, and makes a resource of each entry that is not excluded.
func expandTree(in resource.Input, t TreeWant) ([]resource.Expanded, error) {
	if !t.Source.Set {
		return nil, errors.New("needs source, the folder that it copies")
	}
	excluded, err := parseExclude(t.Exclude.Value)
	if err != nil {
		return nil, err
	}
	entries, err := in.List(t.Source.Value)
	if err != nil {
		return nil, &resource.AttrError{Attr: "source", Err: err}
	}
	null := cty.NullVal(cty.DynamicPseudoType)
	top := map[string]cty.Value{"type": cty.StringVal(TypeDirectory), "source": null, "exclude": null, "force": null}
	out := []resource.Expanded{{Key: ".", Attrs: top}}
	var gone []string // excluded folders
	for _, e := range entries {
		inside := slices.ContainsFunc(gone, func(dir string) bool { return strings.HasPrefix(e.Path, dir+"/") })
		if inside || excluded(resource.DecodeBytes(e.Path)) {
			if e.Type == resource.TreeFolder && !inside {
				gone = append(gone, e.Path)
			}
			continue
		}
		attrs := map[string]cty.Value{
			"type": cty.StringVal(string(e.Type)), "path": cty.StringVal(path.Join(string(t.Path), e.Path)),
			"source": null, "exclude": null, "purge": null,
		}
		switch e.Type {
		case resource.TreeFile:
			attrs["source"] = cty.StringVal(path.Join(t.Source.Value, e.Path))
			if attrs["mode"], err = modeInTree(t.Mode, e.Executable); err != nil {
				return nil, err
			}
		case resource.TreeFolder:
			attrs["force"] = null
		case resource.TreeLink:
			attrs["target"] = cty.StringVal(e.Target)
			for _, name := range []string{"mode", "owner", "group", "on_edit", "backup", "sensitive"} {
				attrs[name] = null
			}
		}
		out = append(out, resource.Expanded{Key: e.Path, Attrs: attrs})
	}
	return out, nil
}

// parseExclude returns a function that reports whether a path is excluded.
func parseExclude(patterns []string) (func(p string) bool, error) {
	var whole, names []func(string) bool
	for _, pattern := range patterns {
		match, err := resource.ParseGlob(resource.DecodeBytes(pattern))
		if err != nil {
			return nil, &resource.AttrError{Attr: "exclude", Err: err}
		}
		if strings.Contains(pattern, "/") {
			whole = append(whole, match)
		} else {
			names = append(names, match)
		}
	}
	return func(p string) bool {
		is := func(p string) func(func(string) bool) bool {
			return func(match func(string) bool) bool { return match(p) }
		}
		return slices.ContainsFunc(whole, is(p)) || slices.ContainsFunc(names, is(path.Base(p)))
	}, nil
}

// modeInTree returns the mode of a file of a tree.
func modeInTree(declared resource.Opt[string], executable bool) (cty.Value, error) {
	mode, err := ParseMode(declared.Or("0755"))
	if err != nil {
		return cty.NilVal, &resource.AttrError{Attr: "mode", Err: err}
	}
	bits := mode.Apply(0, true)
	if !executable {
		bits &^= 0o111
	}
	return cty.StringVal(FormatMode(bits)), nil
}

func prepareTree(in resource.Input, t *TreeWant) error {
	if t.IsAbsent() { // only the declared entries; the type is that of the existing one
		*t = TreeWant{Place: t.Place, Contents: t.ofAbsent()}
		return t.Place.normalize(TypeAny, nil)
	}
	if err := t.Place.normalize(t.Type, &t.Permissions); err != nil {
		return err
	}
	t.normalizeBackup()
	t.Target = t.Target.Canonical()
	switch t.Type {
	case TypeFile:
		b, err := in.Source(t.Source.Value)
		if err != nil {
			return &resource.AttrError{Attr: "source", Err: err}
		}
		t.Content, t.Source, t.Copied = b, resource.Opt[string]{}, resource.Some(true)
	case TypeDirectory:
		t.Contents = Contents{}
		return preparePurge(t.Path, t.Purge, &t.Undeclared)
	}
	return nil
}
