package resource_test

import (
	"errors"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// SHA-256 of "abc", from the standard that defines it.
const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

// counted is a content that counts how often it is opened.
func counted(size int64, s string, opened *atomic.Int32) *resource.Blob {
	return resource.LazyBlob(size, func() (io.ReadCloser, error) {
		opened.Add(1)
		return io.NopCloser(strings.NewReader(s)), nil
	})
}

func failing(size int64) *resource.Blob {
	return resource.LazyBlob(size, func() (io.ReadCloser, error) { return nil, errors.New("gone") })
}

func TestBlob(t *testing.T) {
	var opened atomic.Int32
	b := counted(3, "abc", &opened)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if d, err := b.Digest(); d != abc || err != nil {
				t.Error(d, err)
			}
		})
	}
	wg.Wait()
	if opened.Load() != 1 {
		t.Errorf("read %d times", opened.Load())
	}
	if _, ok := b.Bytes(); ok {
		t.Error("a lazy content is not in memory")
	}
	if data, ok := resource.BytesBlob([]byte("abc")).Bytes(); !ok || string(data) != "abc" {
		t.Error(data, ok)
	}
	if data, ok := resource.BytesBlob(nil).Bytes(); !ok || len(data) != 0 {
		t.Error(data, ok)
	}
	known := resource.DigestBlob("d1", 3, func() (io.ReadCloser, error) { return nil, errors.New("not needed") })
	if d, err := known.Digest(); d != "d1" || err != nil {
		t.Error(d, err)
	}
	if _, err := failing(3).Digest(); err == nil || err.Error() != "gone" {
		t.Error(err)
	}
}

func TestSame(t *testing.T) {
	var opened atomic.Int32
	lost := failing(3)
	for _, c := range []struct {
		summary string
		a, b    *resource.Blob
		same    bool
		opened  int32
	}{
		{"itself, unread", lost, lost, true, 0},
		{"the same bytes", counted(3, "abc", &opened), resource.BytesBlob([]byte("abc")), true, 1},
		{"other bytes", counted(3, "abd", &opened), resource.BytesBlob([]byte("abc")), false, 1},
		{"another size, unread", counted(4, "abcd", &opened), resource.BytesBlob([]byte("abc")), false, 0},
		{"a size that is not known", counted(-1, "abc", &opened), resource.BytesBlob([]byte("abc")), true, 1},
		{"what cannot be read", lost, failing(3), false, 0},
		{"by digest, unread", resource.DigestBlob(abc, 3, nil), resource.DigestBlob(abc, 3, nil), true, 0},
	} {
		t.Run(c.summary, func(t *testing.T) {
			opened.Store(0)
			if got := c.a.Same(c.b); got != c.same {
				t.Errorf("got %v", got)
			}
			if got := opened.Load(); got != c.opened {
				t.Errorf("opened %d times, want %d", got, c.opened)
			}
			if got := c.b.Same(c.a); got != c.same {
				t.Errorf("the other way round: %v", got)
			}
		})
	}
}

func TestBlobAsValue(t *testing.T) {
	b := resource.BytesBlob([]byte("x"))
	if resource.AsBlob(resource.BlobVal(b)) != b {
		t.Error("not the same blob")
	}
	for _, v := range []cty.Value{cty.NilVal, cty.StringVal("x"), cty.NullVal(resource.BlobType), resource.Absent} {
		if resource.AsBlob(v) != nil {
			t.Errorf("%#v is a blob", v)
		}
	}
}
