package manifest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
)

// maxKeep is the longest time that can be asked for: a hundred years.
const maxKeep = 36500 * 24 * time.Hour

// decodeTime returns a time for which something is kept, nil if it is unset.
func (dec decoder) decodeTime(a *hcl.Attribute, most time.Duration, diags hcl.Diagnostics) (*time.Duration, hcl.Diagnostics) {
	if a == nil {
		return nil, diags
	}
	v, more := dec.evaluateConstant(a.Expr, cty.String)
	if diags = append(diags, more...); more.HasErrors() {
		return nil, diags
	}
	d, err := ParseAge(v.AsString())
	if err == nil && d > most {
		err = fmt.Errorf("cannot be more than %dd", most/(24*time.Hour))
	}
	if err != nil {
		return nil, append(diags, diag.Failure("Invalid time", a.Name+" "+err.Error()+".", a.Expr.Range().Ptr()))
	}
	return &d, diags
}

// ParseAge reads a time for which something is kept: a duration ("36h"), which
// may begin with days ("90d", "1d12h"), or 0.
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
	if err != nil || rest < 0 {
		return 0, bad
	}
	return d + rest, nil
}
