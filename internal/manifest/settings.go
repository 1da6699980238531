package manifest

import (
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/values"
)

// decodeSettings reads the settings of the whole run. All are constant, because
// they are needed before anything is evaluated.
func (dec decoder) decodeSettings(hb *hcl.Block, p *part) hcl.Diagnostics {
	content, diags := hb.Body.Content(&hcl.BodySchema{Attributes: []hcl.AttributeSchema{
		{Name: "prune"}, {Name: "name"}, {Name: "formerly"}, {Name: "keep"}, {Name: "keep_secrets"}, {Name: "max_age"},
	}})
	if dec.mod.parent != nil {
		diags = append(diags, diag.Failure("Settings in a module", "Settings are for the whole run, so only the root manifest can have them.", &hb.DefRange))
	}
	s := &settingsBlock{rng: hb.DefRange}
	s.Prune, diags = dec.evaluateBool(content.Attributes["prune"], diags)
	s.Name, diags = dec.decodeSiteName(content.Attributes["name"], diags)
	s.Formerly, diags = dec.decodeFormerNames(content.Attributes["formerly"], diags)
	s.Keep, diags = dec.decodeTime(content.Attributes["keep"], maxKeep, diags)
	s.KeepSecrets, diags = dec.decodeTime(content.Attributes["keep_secrets"], MaxKeepSecrets, diags)
	s.MaxAge, diags = dec.decodeTime(content.Attributes["max_age"], maxKeep, diags)
	if p.settings != nil {
		diags = append(diags, describeDuplicate("The settings block", hb.DefRange, p.settings.rng))
	}
	p.settings = s
	return diags
}

// decodeSiteName returns the value of name, "" if it is unset.
func (dec decoder) decodeSiteName(a *hcl.Attribute, diags hcl.Diagnostics) (string, hcl.Diagnostics) {
	if a == nil {
		return "", diags
	}
	v, more := dec.evaluateConstant(a.Expr, cty.String)
	if more.HasErrors() {
		return "", append(diags, more...)
	}
	if err := checkSiteName(v.AsString()); err != nil {
		return "", append(diags, diag.Failure("Invalid name of a site", "The name "+err.Error()+".", a.Expr.Range().Ptr()))
	}
	return v.AsString(), append(diags, more...)
}

// decodeFormerNames returns the value of formerly: names, and absolute paths of
// manifests that had none.
func (dec decoder) decodeFormerNames(a *hcl.Attribute, diags hcl.Diagnostics) (names []string, _ hcl.Diagnostics) {
	if a == nil {
		return nil, diags
	}
	v, more := dec.evaluateConstant(a.Expr, cty.List(cty.String))
	if more.HasErrors() {
		return nil, append(diags, more...)
	}
	for _, e := range v.AsValueSlice() {
		err := error(nil)
		switch {
		case e.IsNull():
			err = errors.New("must not be null")
		case strings.HasPrefix(e.AsString(), "/"):
			if path.Clean(e.AsString()) != e.AsString() {
				err = fmt.Errorf("must be a clean path: %s", strconv.Quote(path.Clean(e.AsString())))
			}
		default:
			err = checkSiteName(e.AsString())
		}
		if err != nil {
			return nil, append(diags, diag.Failure("Invalid former name of a site", "A former name "+err.Error()+".", a.Expr.Range().Ptr()))
		}
		names = append(names, values.SpellBytes(e.AsString()))
	}
	return names, append(diags, more...)
}

// checkSiteName keeps names apart from paths, which serve where there is none,
// and readable in one line.
func checkSiteName(s string) error {
	ok := s != "" && len(s) <= 64
	for i, r := range []byte(s) {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		case i > 0 && (r == '-' || r == '_' || r == '.'):
		default:
			ok = false
		}
	}
	if !ok {
		return errors.New("must have 1 to 64 letters, digits, '-', '_' or '.', and begin with a letter or a digit")
	}
	return nil
}
