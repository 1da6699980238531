package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/rogpeppe/go-internal/diff"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/site"
	"converge/internal/fsys"
	"converge/internal/manifest"
	"converge/internal/manifest/syntax"
	"converge/internal/view"
)

// FormatOptions select how manifests are formatted.
type FormatOptions struct {
	Check     bool // name files that are not in form, write nothing
	Diff      bool // show differences
	Recursive bool
	JSON      bool
}

// formatter is one run of fmt.
type formatter struct {
	env *environ.Env
	FormatOptions

	unformed bool    // something was not in form
	failed   []error // errors of parsing, which have been shown
}

// FormatManifests formats the manifests at the paths; without any,
// those of the current folder.
func FormatManifests(ctx context.Context, env *environ.Env, o FormatOptions, paths []string) error {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	f := &formatter{env: env, FormatOptions: o}
	for _, path := range paths {
		if err := ctx.Err(); err != nil {
			return err
		}
		if path == "-" {
			if err := f.formatStdin(); err != nil {
				return err
			}
			continue
		}
		files, err := f.findFiles(path)
		if err != nil {
			return err
		}
		for _, file := range files {
			if err := f.formatFile(file); err != nil {
				return err
			}
		}
	}
	if len(f.failed) > 0 {
		return &exit.Error{Code: exit.Failure, Shown: errors.Join(f.failed...)}
	}
	if f.Check && f.unformed {
		return exit.Silently(exit.Failure)
	}
	return nil
}

// findFiles lists the manifests at path, in order.
func (f *formatter) findFiles(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, site.HintNear(fmt.Errorf("cannot format: %w", err), path)
	}
	if !info.IsDir() {
		if err := environ.CheckRegular(path); err != nil {
			return nil, fmt.Errorf("cannot format: %w", err)
		}
		return []string{path}, nil
	}
	var out []string
	err = filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && p != path && (!f.Recursive || strings.HasPrefix(d.Name(), ".")):
			return filepath.SkipDir
		case d.Type().IsRegular() && strings.HasSuffix(p, ".hcl"):
			out = append(out, p)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("cannot format: %w", err)
	}
	slices.Sort(out)
	return out, nil
}

func (f *formatter) formatFile(path string) error {
	src, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("cannot format: %w", err)
	}
	out, ok := f.formatText(src, path)
	if !ok || bytes.Equal(src, out) {
		return nil
	}
	f.unformed = true
	if err := f.show(path, src, out); err != nil {
		return err
	}
	if f.Check {
		return nil
	}
	if err := replaceFile(path, out); err != nil {
		return fmt.Errorf("cannot format %s: %w", path, err)
	}
	return nil
}

// show prints that a file is not in the usual form.
func (f *formatter) show(path string, src, out []byte) error {
	shown := view.File{File: path}
	if f.Diff {
		shown.Diff = string(diff.Diff(path, src, path, out))
	}
	switch {
	case f.JSON:
		return view.WriteJSON(f.env.Out, shown)
	case f.Diff:
		_, err := io.WriteString(f.env.Out, shown.Diff)
		return err
	}
	view.Line(f.env.Out, path)
	return nil
}

// formatStdin formats standard input.
func (f *formatter) formatStdin() error {
	src, err := io.ReadAll(f.env.In)
	if err != nil {
		return fmt.Errorf("cannot read standard input: %w", err)
	}
	out, ok := f.formatText(src, "<stdin>")
	if !ok {
		return nil
	}
	f.unformed = f.unformed || !bytes.Equal(src, out)
	switch {
	case f.JSON && f.Diff:
		return f.show("<stdin>", src, out)
	case f.JSON && !f.Check:
		return view.WriteJSON(f.env.Out, view.File{File: "<stdin>", Text: string(out)})
	case f.Diff:
		out = diff.Diff("<stdin>", src, "<stdin>", out)
	case f.Check:
		return nil
	}
	_, err = f.env.Out.Write(out)
	return err
}

func (f *formatter) formatText(src []byte, name string) (out []byte, ok bool) {
	out, diags := syntax.Format(src, name)
	shown := &manifest.Site{Files: map[string]*hcl.File{name: {Bytes: src}}}
	if err := site.ShowDiagnostics(f.env, shown, diags); err != nil {
		var coded *exit.Error
		if errors.As(err, &coded) && coded.Shown != nil {
			err = coded.Shown
		}
		f.failed = append(f.failed, err)
		return nil, false
	}
	return out, true
}

// replaceFile atomically replaces the content at path, and keeps the mode. It follows a link, because the file itself
// is to be formatted.
func replaceFile(path string, content []byte) error {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(real)
	if err != nil {
		return err
	}
	return fsys.ReplacePath(real, content, fsys.Replacement{Mode: info.Mode().Perm(), Exact: true, Sync: true})
}
