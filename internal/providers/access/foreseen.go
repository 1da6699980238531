package access

import (
	"errors"
	"fmt"
	"io/fs"
	"path"

	"converge/internal/edit"
	"converge/internal/resource"
	"converge/resources"
)

// foreseen is the configuration of sshd after the run: files as the manifest declares them, and present ones. So a
// plan can name the future file of a key, and a run can write the key there at once.
type foreseen struct{ *Files }

// configFiles are the declared files of the configuration, by their physical paths.
type configFiles struct {
	whole map[string]*resource.Resource
	parts map[string][]*resource.Resource
}

// foreseenOf is the key of the declared files of the configuration.
type foreseenOf struct{}

func (f foreseen) files() configFiles {
	if !f.Foresee {
		return configFiles{}
	}
	all, _ := recall(f.Files, foreseenOf{}, func() (configFiles, error) { return f.list(), nil }) // which never fails
	return all
}

func (f foreseen) list() configFiles {
	out := configFiles{map[string]*resource.Resource{}, map[string][]*resource.Resource{}}
	for _, r := range f.declared {
		if !r.IsEnforced() {
			continue
		}
		switch r.Kind.Name {
		case "file", "template":
			if at := resource.Part[resources.Place](r.Want).Path.Bytes(); resources.ConfiguresSSHD(at) {
				out.whole[f.resolve(at)] = r
			}
		case resources.PartSetting, resources.PartLine, resources.PartBlock:
			if at := resource.Part[resources.PartPlace](r.Want).Path.Bytes(); resources.ConfiguresSSHD(at) {
				at = f.resolve(at)
				out.parts[at] = append(out.parts[at], r)
			}
		}
	}
	return out
}

// fileOptions is the part of a wanted file that decides whether its content is known.
type fileOptions struct {
	Content *resource.Blob       `attr:"content"`
	Initial resource.Opt[bool]   `attr:"initial"`
	OnEdit  resource.Opt[string] `attr:"on_edit"`
}

// read reads a file of the configuration.
func (f foreseen) read(name string) ([]byte, error) {
	at, files := f.resolve(name), f.files()
	text, err := f.FS.ReadFile(at, maxConfig)
	isMissing := errors.Is(err, fs.ErrNotExist)
	if r := files.whole[at]; r != nil && (err == nil || isMissing) {
		o := resource.Part[fileOptions](r.Want)
		declared, known := []byte(nil), false
		if o.Content != nil {
			declared, known = o.Content.Bytes()
		}
		switch {
		case r.WantsAbsent():
			return nil, fmt.Errorf("%s is removed: %w", name, fs.ErrNotExist)
		case known && (isMissing || !o.Initial.Value && o.OnEdit.Value != "keep"):
			text, err = declared, nil
		}
	}
	if err == nil || isMissing {
		for _, r := range files.parts[at] {
			if edited, ok := editOne(text, r); ok {
				text, err = edited, nil
			}
		}
	}
	return text, err
}

// editOne makes a part of a text. Observing a part that cannot be made reports that.
func editOne(text []byte, r *resource.Resource) ([]byte, bool) {
	var part edit.Part
	var err error
	switch r.Kind.Name {
	case resources.PartSetting:
		w := resource.Must[resources.SettingWant](r.Want)
		part, err = w.Wish()
	case resources.PartLine:
		w := resource.Must[resources.LineWant](r.Want)
		part, err = w.Wish()
	default:
		w := resource.Must[resources.BlockWant](r.Want)
		part, err = w.Wish()
	}
	if err != nil {
		return nil, false
	}
	out, err := edit.Edit(text, []edit.Part{part})
	return out, err == nil
}

// exists reports whether there is, or will be, a file of the configuration.
func (f foreseen) exists(name string) bool {
	if r := f.files().whole[f.resolve(name)]; r != nil {
		return !r.WantsAbsent()
	}
	_, err := f.FS.Resolve(name)
	return !errors.Is(err, fs.ErrNotExist)
}

// namesIn returns the names of the declared files of a folder.
func (f foreseen) namesIn(dir string) (names []string) {
	for at, r := range f.files().whole {
		if path.Dir(at) == dir && !r.WantsAbsent() {
			names = append(names, path.Base(at))
		}
	}
	return names
}
