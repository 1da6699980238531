package functions

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"math/big"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"converge/internal/manifest/values"
)

// TestMuchOfLittle shows that a text that unpacks to more than a value may contain is refused at once.
func TestMuchOfLittle(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	zeros := make([]byte, 1<<20)
	for range values.MaxText>>20 + 1 {
		if _, err := z.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := gunzip(base64.StdEncoding.EncodeToString(packed.Bytes()))
	if err == nil || err.Error() != "the result would be larger than 64 MiB" {
		t.Error(err)
	}
	long := cty.StringVal(strings.Repeat("x", values.MaxText/2+1))
	if _, err := encodeText([]cty.Value{long, cty.StringVal("UTF-16LE")}); err == nil {
		t.Error("twice the text is more than a value may have")
	}
}

// Whole numbers are exact, at any size that is allowed.
func TestPowIsExact(t *testing.T) {
	for _, c := range []struct {
		base, power int64
		want        string
	}{{2, 64, "18446744073709551616"}, {3, 40, "12157665459056928801"}, {-3, 3, "-27"}, {10, 0, "1"}, {-1, 1 << 40, "1"}, {0, 1 << 40, "0"}, {1, 1 << 40, "1"}} {
		v, err := wrap(stdlib.PowFunc, raise).Call([]cty.Value{cty.NumberIntVal(c.base), cty.NumberIntVal(c.power)})
		want, _ := new(big.Float).SetPrec(512).SetString(c.want)
		if err != nil || v.AsBigFloat().Cmp(want) != 0 {
			t.Errorf("%d^%d = %v, %v", c.base, c.power, v.AsBigFloat().Text('f', 0), err)
		}
	}
	v, err := wrap(stdlib.PowFunc, raise).Call([]cty.Value{cty.NumberIntVal(2), cty.NumberFloatVal(0.5)})
	if w, _ := stdlib.Pow(cty.NumberIntVal(2), cty.NumberFloatVal(0.5)); err != nil || !v.RawEquals(w) {
		t.Error(v, err)
	}
}
