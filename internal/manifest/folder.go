package manifest

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"converge/internal/manifest/functions"
	"converge/internal/manifest/source"
	"converge/internal/render"
	"converge/internal/resource"
)

// folder is a folder of manifests, with the files beside them that expressions read.
type folder struct {
	dir        string // as the caller named it
	path       string // path.module: absolute, so that it does not depend on the working directory
	files      *source.Files
	plainFacts func(text string) any
	open       func(template string) // declares that its lines without an action are not secret by themselves, see [eval.Met]
}

// newFolder returns a folder. Its path is dir itself if the working directory no longer exists.
func newFolder(dir string, files *source.Files, plainFacts func(text string) any, open func(template string)) *folder {
	f := &folder{dir: dir, path: dir, files: files, plainFacts: plainFacts, open: open}
	if abs, err := filepath.Abs(dir); err == nil {
		f.path = abs
	}
	f.path = resource.EncodeBytes(f.path)
	return f
}

// resolvePath returns the path that a path in the module's manifests refers to.
func (f *folder) resolvePath(path string) string {
	path = resource.DecodeBytes(path)
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(f.dir, path)
}

// readFile reads a file beside the manifest, for a kind's Prepare.
func (f *folder) readFile(path string) ([]byte, error) {
	b, err := f.files.ReadBytes(f.resolvePath(path))
	return b, f.suggestNear(path, err)
}

// readBlob reads a file beside the manifest as content.
func (f *folder) readBlob(path string) (*resource.Blob, error) {
	b, err := f.files.ReadBlob(f.resolvePath(path))
	return b, f.suggestNear(path, err)
}

// suggestNear adds the file that was probably meant to the error about a missing one.
func (f *folder) suggestNear(path string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	near := source.NearFile(f.resolvePath(path))
	if rel, wrong := filepath.Rel(f.dir, near); near != "" && wrong == nil && !filepath.IsAbs(path) {
		near = rel
	}
	if near == "" {
		return err
	}
	return fmt.Errorf("%w; there is %q", err, near)
}

// makeFunctions returns the functions that read files beside the module's
// manifests.
func (f *folder) makeFunctions() map[string]function.Function {
	out := map[string]function.Function{
		"file": functions.MakeTextFunc(func(path string) (string, error) {
			b, err := f.readFile(path)
			return resource.EncodeText(string(b)), err
		}),
		"filebase64": functions.MakeTextFunc(func(path string) (string, error) {
			b, err := f.readFile(path)
			return base64.StdEncoding.EncodeToString(b), err
		}),
		"fileexists":   f.makeFileExists(),
		"fileset":      f.makeFileset(),
		"templatefile": f.makeTemplateFile(),

		"templatestring": f.makeTemplateString(),
	}
	for name, digest := range functions.Digests() {
		out["file"+name] = functions.MakeTextFunc(func(path string) (string, error) {
			b, err := f.readFile(path)
			return digest(b), err
		})
	}
	return out
}

func (f *folder) makeFileExists() function.Function {
	return functions.NewFunc(cty.Bool, func(args []cty.Value) (cty.Value, error) {
		path := f.resolvePath(args[0].AsString())
		mode, err := f.files.LookAt(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return cty.False, nil
		case err != nil:
			return cty.NilVal, err
		case !mode.IsRegular():
			return cty.NilVal, function.NewArgErrorf(0, "%q is not a regular file", path)
		}
		return cty.True, nil
	}, function.Parameter{Name: "path", Type: cty.String})
}

// makeFileset lists the files below a folder that match a pattern.
func (f *folder) makeFileset() function.Function {
	return functions.NewFunc(cty.Set(cty.String), func(args []cty.Value) (cty.Value, error) {
		paths, err := f.listFiles(args[0].AsString(), args[1].AsString())
		if err != nil || len(paths) == 0 {
			return cty.SetValEmpty(cty.String), err
		}
		out := make([]cty.Value, len(paths))
		for i, path := range paths {
			out[i] = cty.StringVal(path)
		}
		return cty.SetVal(out), nil
	}, function.Parameter{Name: "path", Type: cty.String}, function.Parameter{Name: "pattern", Type: cty.String})
}

// makeTemplateFile renders a template file with variables, available by name and as .vars, and with .node: like the kind
// template.
func (f *folder) makeTemplateFile() function.Function {
	return f.makeTemplate("path", func(path string) (name, text string, err error) {
		b, err := f.readFile(path)
		return f.resolvePath(path), string(b), err
	})
}

// makeTemplateString renders a template from a text, like makeTemplateFile.
func (f *folder) makeTemplateString() function.Function {
	return f.makeTemplate("template", func(text string) (string, string, error) {
		return "template", resource.DecodeBytes(text), nil
	})
}

// makeTemplate makes a function that renders what find returns for its first argument: the
// name of a template, for errors, and its text.
func (f *folder) makeTemplate(first string, find func(arg string) (name, text string, err error)) function.Function {
	r := new(render.Renderer)
	return functions.NewFunc(cty.String, func(args []cty.Value) (cty.Value, error) {
		vars, marks := args[1].UnmarkDeep()
		which, secret := args[0].Unmark()
		ty := vars.Type()
		if !ty.IsObjectType() && !ty.IsMapType() {
			return cty.NilVal, function.NewArgErrorf(1, "want an object or a map")
		}
		name, text, err := find(which.AsString())
		if err != nil {
			return cty.NilVal, function.NewArgError(0, err)
		}
		if len(marks) > 0 && len(secret) == 0 {
			f.open(text)
		}
		out, err := r.Render(name, text, render.TemplateData(text, vars, f.plainFacts))
		if err != nil {
			return cty.NilVal, err
		}
		return cty.StringVal(resource.EncodeText(string(out))).WithMarks(marks, secret), nil
	}, function.Parameter{Name: first, Type: cty.String, AllowMarked: true}, function.Parameter{Name: "vars", Type: cty.DynamicPseudoType, AllowMarked: true})
}
