package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/fsys"
	"converge/internal/manifest"
)

// formatter is one run of fmt.
type formatter struct {
	env       *environ.Env
	check     bool // say what is not in form, write nothing
	diff      bool // show differences
	recursive bool

	unformed bool // something was not in form
	failed   bool // something could not be read, parsed or written
}

func newFmtCommand(env *environ.Env) *cobra.Command {
	f := &formatter{env: env}
	cmd := &cobra.Command{
		Use:   "fmt [PATH...]",
		Short: "Bring manifests into the usual form",
		Long: "Rewrites manifests (*.hcl) in the usual form and prints the names of those it changed.\n" +
			"PATH is a file, a folder, or - to read standard input and write standard output;\n" +
			"default: the current folder. Each file is replaced at once, and only if it changes.\n" +
			"With --check, what is not in the usual form is an error." +
			describeStatuses(map[int]string{
				exit.OK:      "success: with --check, everything is in the usual form",
				exit.Failure: "bad usage or manifest; with --check, also something that is not in the usual form",
			}, exit.OK, exit.Failure),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return []string{"hcl"}, cobra.ShellCompDirectiveFilterFileExt
		},
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), args) },
	}
	cmd.Flags().BoolVar(&f.check, "check", false, "write nothing; name what is not in form, and exit 1 if there is any")
	cmd.Flags().BoolVar(&f.diff, "diff", false, "show what changes")
	cmd.Flags().BoolVarP(&f.recursive, "recursive", "r", false, "go into folders below as well")
	return cmd
}

func (f *formatter) run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		args = []string{"."}
	}
	for _, path := range args {
		if err := ctx.Err(); err != nil {
			return err
		}
		if path == "-" {
			if err := f.filter(); err != nil {
				return err
			}
			continue
		}
		files, err := f.files(path)
		if err != nil {
			return err
		}
		for _, file := range files {
			if err := f.file(file); err != nil {
				return err
			}
		}
	}
	if f.failed || f.check && f.unformed {
		return exit.Silently(exit.Failure)
	}
	return nil
}

// files lists the manifests at path, in order.
func (f *formatter) files(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("cannot format: %w", err)
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
		case d.IsDir() && p != path && (!f.recursive || strings.HasPrefix(d.Name(), ".")):
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

func (f *formatter) file(path string) error {
	src, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("cannot format: %w", err)
	}
	out, ok := f.format(src, path)
	if !ok || bytes.Equal(src, out) {
		return nil
	}
	f.unformed = true
	if f.diff {
		f.env.Out.Write(diff.Diff(path, src, path, out)) //nolint:errcheck // what is printed
	} else {
		fmt.Fprintln(f.env.Out, path)
	}
	if f.check {
		return nil
	}
	if err := replace(path, out); err != nil {
		return fmt.Errorf("cannot format %s: %w", path, err)
	}
	return nil
}

// filter formats standard input.
func (f *formatter) filter() error {
	src, err := io.ReadAll(f.env.In)
	if err != nil {
		return fmt.Errorf("cannot read standard input: %w", err)
	}
	out, ok := f.format(src, "<stdin>")
	if !ok {
		return nil
	}
	f.unformed = f.unformed || !bytes.Equal(src, out)
	switch {
	case f.diff:
		out = diff.Diff("<stdin>", src, "<stdin>", out)
	case f.check:
		return nil
	}
	_, err = f.env.Out.Write(out)
	return err
}

func (f *formatter) format(src []byte, name string) (out []byte, ok bool) {
	out, diags := manifest.Format(src, name)
	if err := showDiagnostics(f.env, nil, diags); err != nil {
		f.failed = true
		return nil, false
	}
	return out, true
}

// replace puts new content at path at once, keeping the mode. A link is
// followed: it is the file that is to be formatted.
func replace(path string, content []byte) error {
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
