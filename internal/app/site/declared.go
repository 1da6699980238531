package site

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"converge/internal/app/kinds"
	"converge/internal/lsp/outline"
	"converge/internal/manifest"
	"converge/internal/resource"
)

// DeclaredAddresses lists the addresses that a manifest declares, and its modules, for completion: without facts,
// without order, and without diagnostics. For a manifest that cannot be evaluated, such as one with a variable without
// a value, these are the blocks of the root.
func DeclaredAddresses(path string, f *Options) []string {
	if path == "-" {
		return nil
	}
	vars, err := f.values()
	if err != nil {
		return nil
	}
	ms, _ := manifest.Load(context.Background(), path, manifest.Options{
		Kinds: kinds.New(), Vars: vars, VarFiles: f.VarFiles, Stdin: strings.NewReader(""),
		WithoutSecrets: true,
	})
	if len(ms.Resources) == 0 {
		return outlineAddresses(path)
	}
	var out, modules []string
	for _, r := range ms.Resources {
		out = append(out, r.Addr.String())
		if m := moduleOf(r.Addr); m != "" && !slices.Contains(modules, m) {
			modules = append(modules, m)
		}
	}
	return append(out, modules...)
}

// moduleOf returns the address of a resource's module, "" for the root.
func moduleOf(a resource.Addr) string {
	whole := a.String()
	a.Module = ""
	return strings.TrimSuffix(strings.TrimSuffix(whole, a.String()), ".")
}

// outlineAddresses lists the addresses of the blocks of a manifest that does not load.
func outlineAddresses(path string) (out []string) {
	ks := kinds.New()
	for _, b := range outlineBlocks(path) {
		switch {
		case b.Type.Text == "module":
			out = append(out, "module."+b.Label())
		case ks.Has(b.Type.Text):
			out = append(out, resource.Addr{Kind: b.Type.Text, Name: b.Label()}.String())
		}
	}
	return out
}

// DeclaredOutputs lists the outputs that a manifest declares, for completion.
func DeclaredOutputs(path string) (out []string) {
	for _, b := range outlineBlocks(path) {
		if b.Type.Text == "output" {
			out = append(out, b.Label())
		}
	}
	return out
}

// outlineBlocks lists the blocks of a file or a folder, without unparsable ones.
func outlineBlocks(path string) (out []outline.Block) {
	files := []string{path}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		files, _ = filepath.Glob(filepath.Join(path, "*.hcl")) // the pattern is valid
	}
	for _, file := range files {
		if text, err := readManifest(file); err == nil {
			out = append(out, new(outline.Parser).Parse(text, -1).Blocks...)
		}
	}
	return out
}

// readManifest reads a file up to the size that a person may write.
func readManifest(path string) ([]byte, error) {
	f, err := resource.OpenRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 1<<20))
}

// DeclaredVariables lists the variables that a manifest declares, for completion.
func DeclaredVariables(path string, f *Options) []string {
	if path == "-" {
		return nil
	}
	ms, _ := manifest.Load(context.Background(), path, manifest.Options{
		Kinds: kinds.New(), Stdin: strings.NewReader(""), WithoutSecrets: true, OnlyVariables: true,
	})
	out := make([]string, len(ms.Variables))
	for i, v := range ms.Variables {
		out[i] = v.Name
	}
	return out
}
