package manifest

import (
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/values"
)

// decodeSettings reads the settings of the whole run. All except data are constant, because they are needed before the
// evaluation.
func (dec decoder) decodeSettings(hb *hcl.Block, p *part) hcl.Diagnostics {
	content, diags := dec.readContent(hb.Body, hb.Type, &hcl.BodySchema{Attributes: []hcl.AttributeSchema{
		{Name: "prune"}, {Name: "name"}, {Name: "formerly"}, {Name: "keep"}, {Name: "keep_secrets"}, {Name: "max_age"}, {Name: "data"},
	}})
	if dec.mod.parent != nil {
		diags = append(diags, diag.Failure("Settings in a module", "Settings are for the whole run, so only the root manifest can have them.", &hb.DefRange))
	}
	s := &settingsBlock{rng: hb.DefRange}
	set := content.Attributes
	if a := set["data"]; a != nil {
		s.data = dec.mod.eval.Bind(a.Expr)
	}
	diags = append(diags, dec.evaluateBool(set["prune"], &s.Prune)...)
	diags = append(diags, dec.readConstant(set["name"], cty.String, "Invalid name of a site", func(v cty.Value) error {
		s.Name = v.AsString()
		return checkSiteName("The name", s.Name)
	})...)
	diags = append(diags, dec.readConstant(set["formerly"], cty.List(cty.String), "Invalid former name of a site", s.setFormerly)...)
	diags = append(diags, dec.decodeTime(set["keep"], maxKeep, &s.Keep)...)
	diags = append(diags, dec.decodeTime(set["keep_secrets"], MaxKeepSecrets, &s.KeepSecrets)...)
	diags = append(diags, dec.decodeTime(set["max_age"], maxKeep, &s.MaxAge)...)
	if p.settings != nil {
		diags = append(diags, describeDuplicate("The settings block", " Put what both set in one.", hb.DefRange, p.settings.rng))
	}
	p.settings = s
	return diags
}

// setFormerly accepts earlier names, and absolute paths of manifests that had no name.
func (s *Settings) setFormerly(v cty.Value) error {
	const what = "A former name"
	for _, e := range v.AsValueSlice() {
		if e.IsNull() {
			return errors.New(what + " must not be null")
		}
		name := e.AsString()
		if clean := path.Clean(name); !strings.HasPrefix(name, "/") {
			if err := checkSiteName(what, name); err != nil {
				return err
			}
		} else if clean != name {
			return fmt.Errorf("%s must be a clean path: %q", what, clean)
		}
		s.Formerly = append(s.Formerly, values.SpellBytes(name))
	}
	return nil
}

// checkSiteName requires a name that differs from paths, which unnamed sites use, and that fits in one line.
func checkSiteName(what, s string) error {
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
		return errors.New(what + " must have 1 to 64 letters, digits, '-', '_' or '.', and begin with a letter or a digit")
	}
	return nil
}

// evaluateBool sets *to to the value of a constant attribute, if it is set.
func (dec decoder) evaluateBool(a *hcl.Attribute, to *bool) hcl.Diagnostics {
	return dec.readConstant(a, cty.Bool, "", func(v cty.Value) error {
		*to = v.True()
		return nil
	})
}

// readConstant passes the value of a constant attribute to use, if it is set. An error of use is shown at the attribute,
// with that title.
func (dec decoder) readConstant(a *hcl.Attribute, ty cty.Type, title string, use func(v cty.Value) error) hcl.Diagnostics {
	if a == nil {
		return nil
	}
	v, diags := dec.evaluateConstant(a.Name, a.Expr, ty)
	if diags.HasErrors() {
		for _, d := range diags {
			d.Detail = strings.Replace(d.Detail, "This must be ", a.Name+" must be ", 1)
		}
		return diags
	}
	if err := use(v); err != nil {
		diags = append(diags, diag.Failure(title, err.Error()+".", a.Expr.Range().Ptr()))
	}
	return diags
}

// evaluateConstant evaluates an attribute that may not refer to anything.
func (dec decoder) evaluateConstant(name string, expr hcl.Expression, ty cty.Type) (cty.Value, hcl.Diagnostics) {
	if len(expr.Variables()) > 0 {
		return cty.NilVal, hcl.Diagnostics{constantPlace{dec.mod.l.files.TextAt, name, expr, false}.refuseEarly()}
	}
	v, diags := dec.mod.eval.Value(dec.mod.eval.Bind(expr), dec.mod.ctx)
	if diags.HasErrors() {
		return cty.NilVal, diags
	}
	if v, ok := plainValue(v, ty); ok {
		return v, nil
	}
	must := "This must be " + typeName(ty) + "."
	if (ty.IsListType() || ty.IsSetType()) && v.Type() == cty.String && !v.IsMarked() {
		must = "This must be " + typeName(ty) + ", in brackets: [" + exampleOf(ty.ElementType(), v) + "]."
	}
	if ty == cty.Bool && v.Type() == cty.String {
		must = "This must be true or false, without quotes."
	}
	return cty.NilVal, hcl.Diagnostics{diag.Failure("Invalid value", must, expr.Range().Ptr())}
}

// maxKeep is the longest time that may be set: a hundred years.
const maxKeep = 36500 * 24 * time.Hour

// decodeTime sets *to to the time for which something is kept, if it is set.
func (dec decoder) decodeTime(a *hcl.Attribute, most time.Duration, to **time.Duration) hcl.Diagnostics {
	return dec.readConstant(a, cty.String, "Invalid time", func(v cty.Value) error {
		d, err := ParseAge(v.AsString())
		if err == nil && d > most {
			err = fmt.Errorf("cannot be more than %dd", most/(24*time.Hour))
		}
		if err != nil {
			return fmt.Errorf("%s %w", a.Name, err)
		}
		*to = &d
		return nil
	})
}

// ParseAge parses a duration ("36h") that may begin with days ("90d", "1d12h"), or 0.
func ParseAge(s string) (time.Duration, error) {
	bad := errors.New("must be a time such as \"90d\", \"36h\" or \"0\"")
	if s == "0" {
		return 0, nil
	}
	var d time.Duration
	if days, rest, ok := strings.Cut(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil {
			return 0, bad
		}
		d, s = time.Duration(n)*24*time.Hour, rest
		if s == "" {
			return d, nil
		}
	}
	rest, err := time.ParseDuration(s)
	if err != nil || rest < 0 || d+rest < 0 { // too long to count
		return 0, bad
	}
	return d + rest, nil
}
