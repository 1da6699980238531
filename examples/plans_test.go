package examples

import (
	"bytes"
	"context"
	"testing"

	"converge/internal/app"
	"converge/internal/app/environ"
)

// TestPlans runs the tests that stand beside the examples (*.test.hcl), as "converge test examples" does.
func TestPlans(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	env := &environ.Env{Out: &out, Err: &errs, Color: "never"}
	if err := app.Test(context.Background(), env, []string{"."}, &app.TestOptions{}); err != nil {
		t.Errorf("%v\n%s%s", err, &out, &errs)
	}
}
