package manifest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/values"
	"converge/internal/resource"
)

// Forgotten names things that are dropped from the ledger but stay on the host: a key, in which * matches any
// characters, or an address.
type Forgotten struct {
	Name  string
	Range hcl.Range
}

// decodeForget reads a forget block. Its names are constant, because the manifest no longer evaluates the things that
// they name.
func (dec decoder) decodeForget(hb *hcl.Block, p *part) hcl.Diagnostics {
	content, diags := dec.readContent(hb.Body, hb.Type, &hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "things", Required: true}}})
	if dec.mod.parent != nil {
		diags = append(diags, diag.Failure("Forget in a module", "What is forgotten is the whole site's, so only the root manifest can say it.", &hb.DefRange))
	}
	a := content.Attributes["things"]
	return append(diags, dec.readConstant(a, cty.List(cty.String), "Invalid name of a thing", func(v cty.Value) error {
		for _, e := range v.AsValueSlice() {
			if e.IsNull() {
				return errors.New("a name must not be null")
			}
			name := values.SpellBytes(e.AsString())
			if err := checkKey(name); err != nil {
				return err
			}
			p.forget = append(p.forget, Forgotten{name, a.Expr.Range()})
		}
		return nil
	})...)
}

// checkKey checks the form of the name of a thing.
func checkKey(name string) error {
	if _, err := resource.ParseAddr(name); err == nil {
		return nil
	}
	switch {
	case strings.HasPrefix(name, "/"):
		return fmt.Errorf("%q is a path; the key of a file, a directory or a link is %q", name, "path:"+name)
	case strings.Index(name, ":") < 1 || strings.ContainsAny(name[:strings.Index(name, ":")], "*/. "):
		return fmt.Errorf("%q is neither the key of a thing, such as \"path:/etc/motd\" or \"package:nginx\", nor an address that a plan shows", name)
	}
	kind, id, _ := strings.Cut(name, ":")
	switch {
	case id == "":
		return fmt.Errorf("%q names no thing", name)
	case kind == "path" && (!strings.HasPrefix(id, "/") && id[0] != '*' || id != "/" && strings.HasSuffix(id, "/") || strings.Contains(id, "//")):
		return fmt.Errorf("%q has no absolute path without a slash at its end; \"path:/etc/motd\" has", name)
	case kind == "part" && !strings.Contains(id, "#") && !strings.Contains(id, "*"):
		return fmt.Errorf("%q does not say which part of the file; %q means all of them, and the file", name, "path:"+id)
	}
	return nil
}

// CheckForgotten refuses to forget something that the site declares. declared returns the address and the place of the
// resource with a key or an address; "" if there is none.
func (s *Site) CheckForgotten(declared func(name string) string) (diags hcl.Diagnostics) {
	for _, f := range s.forgotten {
		if by := declared(f.Name); by != "" {
			diags = append(diags, diag.Failure("Contradiction", fmt.Sprintf(
				"%q is to be forgotten, and %s declares it. A resource that is not wanted any more is taken out of the manifest.", f.Name, by), &f.Range))
		}
	}
	return diags
}
