package site

import (
	"context"
	"strings"

	"converge/internal/app/kinds"
	"converge/internal/manifest"
)

// DeclaredAddresses lists the addresses that a manifest declares, for completion:
// without facts, without order, and without diagnostics.
func DeclaredAddresses(path string, f *Options) []string {
	if path == "-" {
		return nil
	}
	vars, err := f.values()
	if err != nil {
		return nil
	}
	ms, _ := manifest.Load(context.Background(), path, manifest.Options{
		Kinds: kinds.List(kinds.Providers{}), Vars: vars, VarFiles: f.VarFiles, Stdin: strings.NewReader(""),
	})
	out := make([]string, len(ms.Resources))
	for i, r := range ms.Resources {
		out[i] = r.Addr.String()
	}
	return out
}
