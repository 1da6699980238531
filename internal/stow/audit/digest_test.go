package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
)

// Images whose files cannot be opened, change, or take long end the reading.
func TestHashImageFails(t *testing.T) {
	image := fstest.MapFS{}
	for n := range 100 {
		image[fmt.Sprintf("bin/f%02d", n)] = &fstest.MapFile{Data: []byte("abc")}
	}
	look := func(path string) (*node, error) {
		if image[path] == nil {
			return &node{path: path, kind: 'd'}, nil
		}
		return &node{path: path, kind: 'f', size: 3}, nil
	}
	text := func(s string) opener {
		return func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(s)), nil }
	}
	for _, c := range []struct {
		name string
		open opener
		want string
	}{
		{"whole", text("abc"), "^<nil>$"},
		{"open", func(string) (io.ReadCloser, error) { return nil, syscall.EIO }, "^input/output error$"},
		{"grown", text("longer"), `^"bin/f\d\d" changed while it was read$`},
		{"cut", text("x"), `^"bin/f\d\d" changed while it was read$`},
	} {
		all, err := hashImage(t.Context(), image, look, c.open)
		if !regexp.MustCompile(c.want).MatchString(fmt.Sprint(err)) || err == nil && len(all) != 102 {
			t.Errorf("%s: %d, %v, want %s", c.name, len(all), err, c.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := hashImage(ctx, image, look, func(path string) (io.ReadCloser, error) {
		cancel()
		return text("abc")(path)
	})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
