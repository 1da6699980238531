package manifest

import (
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"converge/internal/manifest/functions"
	"converge/internal/manifest/source"
	"converge/internal/render"
	"converge/internal/resource"
)

// inFolder is a path as the module's manifests mean it.
func (m *module) inFolder(path string) string {
	path = resource.DecodeBytes(path)
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(m.dir, path)
}

// readFile reads a file beside the manifest, for a kind's Prepare.
func (m *module) readFile(path string) ([]byte, error) { return m.l.files.ReadBytes(m.inFolder(path)) }

// readBlob is a file beside the manifest as content.
func (m *module) readBlob(path string) (*resource.Blob, error) {
	return m.l.files.ReadBlob(m.inFolder(path))
}

// fileFunctions are those that read files beside the module's manifests.
func (m *module) fileFunctions() map[string]function.Function {
	out := map[string]function.Function{
		"file": functions.MakeTextFunc(func(path string) (string, error) {
			b, err := m.readFile(path)
			return resource.EncodeText(string(b)), err
		}),
		"filebase64": functions.MakeTextFunc(func(path string) (string, error) {
			b, err := m.readFile(path)
			return base64.StdEncoding.EncodeToString(b), err
		}),
		"fileexists":   m.fileExistsFunc(),
		"templatefile": m.templateFunc(),
	}
	for name, digest := range functions.Digests() {
		out["file"+name] = functions.MakeTextFunc(func(path string) (string, error) {
			b, err := m.readFile(path)
			return digest(b), err
		})
	}
	return out
}

func (m *module) fileExistsFunc() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "path", Type: cty.String}},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			path := m.inFolder(args[0].AsString())
			info, err := os.Stat(path)
			m.l.files.NoteAsked(path, !errors.Is(err, fs.ErrNotExist))
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return cty.False, nil
			case err != nil:
				return cty.NilVal, source.DescribeError(path, err)
			case !info.Mode().IsRegular():
				return cty.NilVal, function.NewArgErrorf(0, "%q is not a regular file", path)
			}
			return cty.True, nil
		},
	})
}

// templateFunc renders a template file with variables, which it sees by name
// and as .vars, and .node: as the kind template does.
func (m *module) templateFunc() function.Function {
	r := new(render.Renderer)
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "path", Type: cty.String}, {Name: "vars", Type: cty.DynamicPseudoType}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			ty := args[1].Type()
			if !ty.IsObjectType() && !ty.IsMapType() {
				return cty.NilVal, function.NewArgErrorf(1, "want an object or a map")
			}
			path := args[0].AsString()
			b, err := m.readFile(path)
			if err != nil {
				return cty.NilVal, err
			}
			data := render.TemplateData(string(b), args[1], m.l.plainNode)
			out, err := r.Render(m.inFolder(path), string(b), data)
			if err != nil {
				return cty.NilVal, err
			}
			return cty.StringVal(resource.EncodeText(string(out))), nil
		},
	})
}

// findTemplateLine returns the place in a template file that a rendering error
// speaks of, if the template came from a file.
func (m *module) findTemplateLine(e *render.RenderError) (hcl.Range, bool) {
	return m.l.files.FindLine(m.inFolder(e.Name), e.Line, e.Col)
}
