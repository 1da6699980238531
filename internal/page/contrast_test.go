package page

import (
	"bytes"
	"math"
	"regexp"
	"strconv"
	"testing"

	"converge/internal/diagram"
)

// The least contrast of text, and of other meaningful parts (WCAG 2.2, 1.4.3 and 1.4.11).
const (
	textContrast  = 4.5
	shapeContrast = 3
)

// TestContrast compares every text colour with every background behind it, in light and dark mode. A browser cannot
// check the text in a picture.
func TestContrast(t *testing.T) {
	page := colorsOf(t, written(t, sample()), `--([a-z]+): light-dark\((#[0-9a-f]+), (#[0-9a-f]+)\)`)
	for _, text := range []string{"ink", "dim", "good", "bad", "middling", "link"} {
		for _, ground := range []string{"paper", "soft"} {
			requireContrast(t, text+" on "+ground, page[text], page[ground], textContrast)
		}
	}
}

// TestContrastOfPicture does the same for the boxes of a picture and their borders.
func TestContrastOfPicture(t *testing.T) {
	var b bytes.Buffer
	if err := (&diagram.Diagram{Nodes: []diagram.Node{{Address: "file.a"}}}).SVG(&b); err != nil {
		t.Fatal(err)
	}
	text := colorsOf(t, b.String(), `\.graph (text) \{ fill: light-dark\((#[0-9a-f]+), (#[0-9a-f]+)\)`)["text"]
	paper := colorsOf(t, b.String(), `(background): light-dark\((#[0-9a-f]+), (#[0-9a-f]+)\)`)["background"]
	fills := colorsOf(t, b.String(), `\.graph \.([a-z]+) rect[^{]*\{ fill: light-dark\((#[0-9a-f]+), (#[0-9a-f]+)\)`)
	strokes := colorsOf(t, b.String(), `\.graph \.([a-z]+) rect[^{]*\{ fill: light-dark\([^)]*\); stroke: light-dark\((#[0-9a-f]+), (#[0-9a-f]+)\)`)
	for _, what := range []string{"box", "create", "update", "delete", "notified"} {
		requireContrast(t, "text on "+what, text, fills[what], textContrast)
		requireContrast(t, "border of "+what, strokes[what], paper, shapeContrast)
	}
	requireContrast(t, "text on the sheet", text, paper, textContrast)
}

// theme is a colour in light and dark mode.
type theme [2]string

func colorsOf(t *testing.T, text, pattern string) map[string]theme {
	t.Helper()
	out := map[string]theme{}
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		out[m[1]] = theme{m[2], m[3]}
	}
	if len(out) == 0 {
		t.Fatalf("nothing has the form %s", pattern)
	}
	return out
}

func requireContrast(t *testing.T, what string, a, b theme, least float64) {
	t.Helper()
	for i, when := range []string{"day", "night"} {
		if a[i] == "" || b[i] == "" {
			t.Errorf("%s: no colour by %s", what, when)
			continue
		}
		x, y := luminance(t, a[i]), luminance(t, b[i])
		if got := (max(x, y) + .05) / (min(x, y) + .05); got < least {
			t.Errorf("%s by %s: the contrast of %s and %s is %.2f, want %.1f", what, when, a[i], b[i], got, least)
		}
	}
}

// luminance returns the relative luminance of a colour such as #fff or #1c2330.
func luminance(t *testing.T, color string) float64 {
	t.Helper()
	hex := color[1:]
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	sum := 0.0
	for i, weight := range []float64{.2126, .7152, .0722} {
		n, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= .04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
