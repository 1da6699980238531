package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/packing"
	"converge/internal/fsys"
	"converge/internal/manifest/diag"
	"converge/internal/pack"
	"converge/internal/pack/recipe"
	"converge/internal/view"
)

// buildPackages builds the requested packages: it reads everything before it writes anything.
func buildPackages(ctx context.Context, env *environ.Env, o packing.PackOptions) error {
	inputs, err := readInputs(env, o)
	if err != nil {
		return err
	}
	var all []job
	for _, path := range o.Paths {
		jobs, err := planJobs(ctx, env, path, o, inputs)
		if err != nil {
			return err
		}
		all = append(all, jobs...)
	}
	if err := os.MkdirAll(o.Out, 0o755); err != nil {
		return fmt.Errorf("cannot make the folder for packages: %w", err)
	}
	for _, j := range all {
		if err := j.write(ctx, o.Out); err != nil {
			return err
		}
		if err := showFile(env.Out, view.File{File: filepath.Join(o.Out, j.file)}, o.JSON); err != nil {
			return err
		}
	}
	return nil
}

// readInputs reads the variables on the command line and in the environment.
func readInputs(env *environ.Env, o packing.PackOptions) (recipe.Inputs, error) {
	in := recipe.Inputs{Vars: map[string]string{}, VarFiles: o.VarFiles, Env: env.Vars}
	for _, arg := range o.Vars {
		name, value, ok := strings.Cut(arg, "=")
		if !ok || name == "" {
			return in, fmt.Errorf("--var is NAME=VALUE, not %q", arg)
		}
		in.Vars[name] = value
	}
	if text, ok := env.Lookup("SOURCE_DATE_EPOCH"); ok {
		seconds, err := strconv.ParseInt(text, 10, 64)
		if err != nil || seconds < 0 {
			return in, fmt.Errorf("SOURCE_DATE_EPOCH is a number of seconds, not %q", text)
		}
		in.Epoch = time.Unix(seconds, 0).UTC()
	}
	return in, nil
}

// job is one package file to write.
type job struct {
	pkg    pack.Package
	format string
	file   string
}

// planJobs evaluates a recipe for each format and architecture.
func planJobs(ctx context.Context, env *environ.Env, path string, o packing.PackOptions, in recipe.Inputs) ([]job, error) {
	var jobs []job
	seen := map[string]bool{}
	for _, format := range o.Formats {
		for _, arch := range o.Archs {
			p, files, diags := recipe.Load(ctx, path, recipe.Target{Format: format, Arch: arch}, in)
			if err := show(env, files, diags); err != nil {
				return nil, err
			}
			file, err := p.FileName(format)
			if err != nil {
				return nil, err
			}
			if !seen[file] { // one file for all architectures
				seen[file] = true
				jobs = append(jobs, job{p, format, file})
			}
		}
	}
	return jobs, nil
}

// write writes the package completely or not at all.
func (j job) write(ctx context.Context, dir string) error {
	folder, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("cannot open the folder for packages: %w", err)
	}
	defer folder.Close()
	f, err := fsys.StageFile(folder, fsys.Replacement{Staged: ".converge-pack-" + j.file, Mode: 0o644, Exact: true, Sync: true})
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", j.file, err)
	}
	if err := pack.Build(ctx, j.pkg, j.format, f); err != nil {
		f.Discard()
		return err
	}
	if err := f.Commit(j.file); err != nil {
		return fmt.Errorf("cannot write %s: %w", j.file, err)
	}
	return nil
}

// show shows diagnostics; it returns an error if there is one among them.
func show(env *environ.Env, files map[string]*hcl.File, diags hcl.Diagnostics) error {
	if len(diags) == 0 {
		return nil
	}
	var text bytes.Buffer
	if err := diag.Write(&text, files, diag.Tidy(diags), environ.TerminalWidth(env.Err), env.IsColored(env.Err)); err != nil {
		return err
	}
	if _, err := env.Err.Write(text.Bytes()); err != nil {
		return err
	}
	if diags.HasErrors() {
		return &exit.Error{Code: exit.Failure, Shown: diags}
	}
	return nil
}

// showFile reports a written file.
func showFile(w io.Writer, f view.File, asJSON bool) error {
	if asJSON {
		return view.WriteJSON(w, f)
	}
	line := f.File
	if f.Done != "" {
		line = f.Done + " " + line
	}
	_, err := fmt.Fprintln(w, line)
	return err
}
