package main

import (
	"context"
	"strings"

	"converge/internal/manifest"
)

// declaredAddresses lists the addresses that a manifest declares, for completion:
// without facts, without order, and without diagnostics.
func declaredAddresses(path string, f *siteOptions) []string {
	if path == "-" {
		return nil
	}
	vars, err := f.values()
	if err != nil {
		return nil
	}
	ms, _ := manifest.Load(context.Background(), path, manifest.Options{
		Kinds: kinds(providers{}), Vars: vars, VarFiles: f.varFiles, Stdin: strings.NewReader(""),
	})
	out := make([]string, len(ms.Resources))
	for i, r := range ms.Resources {
		out[i] = r.Addr.String()
	}
	return out
}
