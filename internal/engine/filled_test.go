package engine

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// unreadable is a provider of files whose content cannot be read.
type unreadable struct{ provider }

func (p *unreadable) Observe(_ context.Context, want cty.Value) (cty.Value, error) {
	if resource.AttrsOf(want)["content"].IsNull() {
		return want, nil
	}
	return cty.NilVal, errors.New("cannot read it: input/output error")
}

// TestFilledIsNotGuessed: of a file that was made empty, and that cannot be looked at, nobody claims
// that it has a content. It is left alone, with the error.
func TestFilledIsNotGuessed(t *testing.T) {
	kind := &resource.Kind{
		Name: "file", Label: "path", ContentAttr: "content", Provider: &unreadable{},
		Attrs: []resource.Attr{{Name: "path", Type: cty.String}, {Name: "ensure", Type: cty.String}, {Name: "content", Type: resource.BlobType}, {Name: "initial", Type: cty.Bool}},
	}
	gone := &resource.Resource{Kind: kind, Want: cty.ObjectVal(map[string]cty.Value{
		"path": cty.StringVal("/a"), "ensure": cty.StringVal("absent"), "content": cty.NullVal(resource.BlobType), "initial": cty.NullVal(cty.Bool),
	})}
	s := &orphanStep{res: gone}
	if !s.sparesFilled(t.Context(), error.Error) || s.release || !strings.HasPrefix(s.note, leftAlone) || !strings.HasSuffix(s.note, "is not known: cannot read it: input/output error") {
		t.Errorf("released: %v, note: %s", s.release, s.note)
	}
	if why := (&Rollback{Run: "1"}).whyFilled(t.Context(), gone, error.Error); !strings.HasSuffix(why, "is not known: cannot read it: input/output error") {
		t.Errorf("a rollback says: %s", why)
	}
}
