package recipe

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest"
	"converge/internal/manifest/diag"
	"converge/internal/pack"
	"converge/internal/resource"
)

// FileName is the name of a recipe in a folder.
const FileName = "pack.hcl"

// Target is the format and architecture that a recipe is evaluated for.
type Target struct {
	Format string // deb, rpm, apk, arch
	Arch   string // Go's name
}

// Inputs are the variables of the command line.
type Inputs struct {
	Vars     map[string]string
	VarFiles []string
	Env      []string  // CONVERGE_VAR_name sets a variable
	Epoch    time.Time // SOURCE_DATE_EPOCH; zero: not set
}

// Load reads the recipe at a path, a file or a folder with a pack.hcl, as the
// package for one target. The files are for the diagnostics.
func Load(ctx context.Context, path string, to Target, in Inputs) (pack.Package, map[string]*hcl.File, hcl.Diagnostics) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, FileName)
	}
	site, diags := manifest.Load(ctx, path, manifest.Options{
		Kinds: resource.KindsOf(Kinds()...), Vars: in.Vars, VarFiles: in.VarFiles, Env: in.Env,
		Node: func() (cty.Value, error) { return nodeOf(to), nil },
	})
	if diags.HasErrors() {
		return pack.Package{}, site.Files, diags
	}
	m := maker{pkg: pack.Package{Arch: to.Arch, MTime: in.Epoch}}
	for _, r := range site.Resources {
		if r.Off {
			continue
		}
		if err := m.add(r); err != nil {
			diags = append(diags, diag.Failure("Invalid "+r.Kind.Name, diag.Sentence(err), r.Range.Ptr()))
		}
	}
	if len(m.declared) != 1 {
		diags = append(diags, m.countFailure(path))
	}
	if diags.HasErrors() {
		return m.pkg, site.Files, diags
	}
	slices.SortStableFunc(m.pkg.Changelog, func(a, b pack.Change) int { return b.Time.Compare(a.Time) })
	if _, err := m.pkg.FileName(to.Format); err != nil {
		diags = append(diags, diag.Failure("Invalid package", diag.Sentence(err), m.declared[0].Range.Ptr()))
	}
	return m.pkg, site.Files, diags
}

// countFailure returns the error that a recipe must declare exactly one package.
func (m *maker) countFailure(path string) *hcl.Diagnostic {
	if len(m.declared) == 0 {
		return diag.Failure("No package", fmt.Sprintf("%s declares no package: a recipe is one, package \"NAME\" { … }.", path), nil)
	}
	second := m.declared[1]
	return diag.Failure("More than one package", fmt.Sprintf("A recipe is one package, and %s is declared already: another has a folder of its own.", m.declared[0].Addr), second.Range.Ptr())
}

// nodeOf returns the value of node in a recipe.
func nodeOf(to Target) cty.Value {
	family := map[string]string{pack.Deb: "debian", pack.RPM: "redhat", pack.APK: "alpine", pack.Arch: "arch"}[to.Format]
	return cty.ObjectVal(map[string]cty.Value{
		"format": cty.StringVal(to.Format), "arch": cty.StringVal(to.Arch), "family": cty.StringVal(family),
	})
}

func parseDate(s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("must be a date like 2026-05-01 or 2026-05-01T12:00:00Z")
}
