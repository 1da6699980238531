package packages_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/packagestest"
)

// refused is an index that is stale and cannot be fetched.
type refused struct{ *packagestest.Fake }

func (refused) WhyStale(context.Context, bool) (string, error) { return "it is old", nil }

func (refused) Refresh(context.Context, bool) error { return errors.New("bad signature") }

// An index that cannot be fetched is a notice, and the one of before serves; unless the
// cause is that a repository is signed by another key than is declared.
func TestWrongSignerIsNoNotice(t *testing.T) {
	for name, tt := range map[string]struct {
		wrong error
		want  string // in the error; "": it is a notice
	}{
		"another cause": {nil, ""},
		"another key":   {errors.New("the repository acme is signed by X"), "cannot fetch the package index: the repository acme is signed by X"},
	} {
		f := &packagestest.Fake{Offered: offers()}
		parts := f.Parts()
		parts.Index = refused{f}
		notices := ""
		s := &site{packages.New(parts, packages.Options{
			CheckSigned: func(context.Context) error { return tt.wrong },
			Notice:      func(msg string) { notices += msg + "\n" },
		}), f, t}
		cs := s.changes(s.want("a"))
		forecast, err := s.Solve(t.Context(), cs, nil)
		o := s.ApplyAll(t.Context(), cs, forecast)
		if tt.want == "" {
			if err != nil || o.Err(0) != nil || strings.Count(notices, "bad signature") < 2 || f.Installed("a").Name == "" {
				t.Errorf("%s: %v, %v, %q", name, err, o.Errs, notices)
			}
			continue
		}
		if err == nil || err.Error() != tt.want || o.Err(0) == nil || !strings.Contains(o.Err(0).Error(), tt.want) || f.Installed("a").Name != "" {
			t.Errorf("%s: %v, %v", name, err, o.Errs)
		}
	}
}
